/// Accounts, tokens and invites in an SQLite file. Every call blocks; every call that changes something is whole or not
/// at all. Belongs to one thread at a time: the relay's accounts thread, or the command line.
package final class UserDatabase {
    let database: Database
    let limits: TokenLimits

    /// Opens the file and brings it up to date.
    package init(path: String, limits: TokenLimits = TokenLimits(), creating: Bool = true) throws(DatabaseError) {
        database = try Database(path: path, creating: creating)
        self.limits = limits
        try Migrations.run(on: database)
        try nameStrangers()
    }

    /// Takes room for a while of signing in, in the file and in its log: people shall still get in when the disk is
    /// full. What is written and deleted again leaves free pages, and the log's own length, which are used before the
    /// file system is asked for more.
    func reserve(bytes: Int64) throws(DatabaseError) {
        try database.transaction { () throws(DatabaseError) in
            try database.execute("CREATE TABLE room (filler BLOB)")
            try database.execute("INSERT INTO room VALUES (zeroblob(?))", .int(bytes))
            try database.execute("DROP TABLE room")
        }
        // To its beginning; otherwise the room in the log would be used up by having been made. And back to it in time:
        // by itself SQLite would let the log grow to a thousand pages first.
        try database.execute("PRAGMA wal_checkpoint(RESTART)")
        let pageBytes = try database.number("PRAGMA page_size") ?? 4_096
        try database.execute("PRAGMA wal_autocheckpoint = \(max(bytes / pageBytes * 3 / 4, 1))")
    }

    /// Gives folded names to users that somebody else added to the file, before the first migration or later.
    private func nameStrangers() throws(DatabaseError) {
        try database.transaction { () throws(DatabaseError) in
            let strangers = try database.rows(
                "SELECT id, username FROM users WHERE id NOT IN (SELECT user_id FROM folded_names)"
            ) { row throws(DatabaseError) in (id: row.text(0), name: row.text(1)) }
            for (id, name) in strangers { try addName(UserName(name).folded, of: id) }
        }
    }

    /// Two users that were imported with names that differ only in case keep them, and are then told apart by case.
    func addName(_ folded: String, of id: String) throws(DatabaseError) {
        let others = try database.number("SELECT COUNT(*) FROM folded_names WHERE folded = ?", .text(folded)) ?? 0
        if others > 0 {
            try database.execute("UPDATE folded_names SET is_shared = 1 WHERE folded = ?", .text(folded))
        }
        try database.execute(
            "INSERT INTO folded_names(user_id, folded, is_shared) VALUES (?, ?, ?)", .text(id), .text(folded),
            .int(others > 0 ? 1 : 0))
    }

    // MARK: Finding

    private static let accountColumns = "users.id, users.username, users.password_hash, users.created_at"

    private func account(_ row: borrowing Statement) -> Account {
        Account(
            id: row.text(0), username: row.text(1), passwordHash: row.text(2),
            created: UnixTime(seconds: row.int(3)))
    }

    /// By the name in any case; where an imported file has several of them, by the exact one.
    package func account(named name: UserName) throws(DatabaseError) -> Account? {
        let found = try database.rows(
            "SELECT \(Self.accountColumns) FROM folded_names JOIN users ON users.id = user_id WHERE folded = ?",
            .text(name.folded)
        ) { row throws(DatabaseError) in account(row) }
        if found.count <= 1 { return found.first }
        return found.first { UserName.composed($0.username).utf8.elementsEqual(name.display.utf8) }
    }

    package func account(withID id: String) throws(DatabaseError) -> Account? {
        try database.rows("SELECT \(Self.accountColumns) FROM users WHERE id = ?", .text(id)) {
            row throws(DatabaseError) in account(row)
        }.first
    }

    package func accounts() throws(DatabaseError) -> [Account] {
        try database.rows("SELECT \(Self.accountColumns) FROM users ORDER BY created_at, id") {
            row throws(DatabaseError) in account(row)
        }
    }

    // MARK: Admission

    package func admission(
        of name: UserName, id: String, invite: TokenDigest?, proof: String?, at now: UnixTime
    ) throws(DatabaseError) -> Admission {
        // The invite first: without one nobody learns which names are in use.
        if let invite, try !isValid(invite: invite, at: now) { return .inviteRefused }
        if try hasName(name) { return .nameTaken }
        return try refusal(of: id, proof: proof, at: now) ?? .admitted
    }

    package func register(_ wish: Registration, at now: UnixTime) throws(DatabaseError) -> Admission {
        try database.transaction { () throws(DatabaseError) -> Admission in
            let admission = try admission(
                of: wish.name, id: wish.account.id, invite: wish.invite, proof: wish.proof, at: now)
            guard admission == .admitted else { return admission }
            guard try makeRoom(for: wish.token) else { return .full }
            if let invite = wish.invite { try spend(invite) }
            try add(wish.account, named: wish.name)
            // The tokens of the guest that this user was go on, as the user's.
            try database.execute(
                "UPDATE tokens SET kind = ?, name = ? WHERE subject = ? AND kind = ?",
                .text(TokenKind.account.rawValue), .text(wish.account.username), .text(wish.account.id),
                .text(TokenKind.guest.rawValue))
            try insert(wish.token)
            return .admitted
        }
    }

    /// Without looking whether it may be: for those who have looked.
    func add(_ account: Account, named name: UserName) throws(DatabaseError) {
        try database.execute(
            "INSERT INTO users(id, username, password_hash, created_at) VALUES (?, ?, ?, ?)", .text(account.id),
            .text(account.username), .text(account.passwordHash), .int(account.created.seconds))
        try addName(name.folded, of: account.id)
    }

    package func admit(_ guest: GuestVisit, at now: UnixTime) throws(DatabaseError) -> Admission {
        try database.transaction { () throws(DatabaseError) -> Admission in
            if let refusal = try refusal(of: guest.token.subject, proof: guest.proof, at: now) { return refusal }
            if let name = guest.name, try hasName(name) { return .nameTaken }
            // Guests may fill half of the table, and who is in it stays.
            guard try hasRoomForGuest(at: now), try makeRoom(for: guest.token) else { return .full }
            try insert(guest.token)
            return .admitted
        }
    }

    func hasName(_ name: UserName) throws(DatabaseError) -> Bool {
        try database.number("SELECT 1 FROM folded_names WHERE folded = ?", .text(name.folded)) != nil
    }

    private func refusal(of id: String, proof: String?, at now: UnixTime) throws(DatabaseError) -> Admission? {
        if try database.number("SELECT 1 FROM users WHERE id = ?", .text(id)) != nil { return .idTaken }
        if try isRetired(id) || id == AdminToken.subject { return .idReserved }
        let isSpokenFor = try database.number(
            "SELECT 1 FROM tokens WHERE subject = ? AND (expiry IS NULL OR expiry > ?)", .text(id),
            .int(now.microseconds))
        return isSpokenFor != nil && proof != id ? .idReserved : nil
    }

    /// Whether it belonged to an account that was deleted.
    func isRetired(_ id: String) throws(DatabaseError) -> Bool {
        try database.number("SELECT 1 FROM retired_ids WHERE id = ?", .text(id)) != nil
    }

    // MARK: Changing

    /// Replaces a hash if it is still `old`; nil stands for whatever it is. `keeping`: all tokens of the account but
    /// this one are revoked.
    package func replaceHash(
        of id: String, _ old: String?, by new: String, revoking: Bool, keeping token: TokenDigest?
    ) throws(DatabaseError) -> Bool {
        try database.transaction { () throws(DatabaseError) -> Bool in
            let changed = try database.run(
                "UPDATE users SET password_hash = ?1 WHERE id = ?2 AND (?3 IS NULL OR password_hash = ?3)",
                [.text(new), .text(id), old.map(SQLValue.text) ?? .null])
            guard changed == 1 else { return false }
            if revoking {
                try database.execute(
                    "DELETE FROM tokens WHERE subject = ? AND digest IS NOT ?", .text(id),
                    token.map { .blob($0.bytes) } ?? .null)
            }
            return true
        }
    }

    /// Its id is never given out again.
    package func delete(_ id: String, at now: UnixTime) throws(DatabaseError) -> Bool {
        try database.transaction { () throws(DatabaseError) -> Bool in
            guard try database.run("DELETE FROM users WHERE id = ?", [.text(id)]) == 1 else { return false }
            try database.execute("DELETE FROM tokens WHERE subject = ?", .text(id))
            try database.execute(
                "INSERT OR IGNORE INTO retired_ids(id, retired_at) VALUES (?, ?)", .text(id), .int(now.seconds))
            return true
        }
    }
}

/// How much is kept.
package struct TokenLimits: Sendable {
    /// All tokens together; guests may have half of them. One takes about a kilobyte of memory, mostly its scopes. Where
    /// there are so many, a hundredth makes way: to find out whose costs a look at all of them.
    package var maxTokens = 100_000
    /// Of one subject: a person's browsers and devices. The oldest makes way. Those that the operator made count apart.
    package var maxPerSubject = 50
    /// How long an expired token is remembered, so that who comes with it hears why it does not count.
    package var memory: Duration = .seconds(3_600)
    /// Changes that are kept for processes that read them late; who is later reads everything again.
    package var maxEvents = 10_000

    package init() {}
}
