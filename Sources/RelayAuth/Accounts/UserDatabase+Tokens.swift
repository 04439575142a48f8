internal import RelayThreads

/// Tokens, and the log of their changes.
extension UserDatabase {
    private static let columns = "digest, kind, subject, name, scopes, created, expiry"

    private static func record(_ row: borrowing Statement) throws(DatabaseError) -> TokenRecord {
        guard let digest = TokenDigest(bytes: row.blob(0)), let kind = TokenKind(rawValue: row.text(1)) else {
            throw DatabaseError("the table of tokens holds what is none")
        }
        return TokenRecord(
            digest: digest, kind: kind, subject: row.text(2), name: row.text(3), scopes: ScopeList(text: row.text(4)),
            created: UnixTime(microseconds: row.int(5)),
            expiry: row.isNull(6) ? nil : UnixTime(microseconds: row.int(6)))
    }

    package func tokens() throws(DatabaseError) -> [TokenRecord] {
        try database.rows("SELECT \(Self.columns) FROM tokens ORDER BY created") { row throws(DatabaseError) in
            try Self.record(row)
        }
    }

    func token(_ digest: TokenDigest) throws(DatabaseError) -> TokenRecord? {
        try database.rows("SELECT \(Self.columns) FROM tokens WHERE digest = ?", .blob(digest.bytes)) {
            row throws(DatabaseError) in try Self.record(row)
        }.first
    }

    /// False when there are as many tokens as there may be, and none that makes way.
    package func issue(_ token: TokenRecord) throws(DatabaseError) -> Bool {
        try issue(token, provedBy: nil) == .issued
    }

    /// `hash`: of the subject's password, when it was compared; a hash takes its time, and much can happen in it.
    func issue(_ token: TokenRecord, provedBy hash: String?) throws(DatabaseError) -> Issuance {
        try database.transaction { () throws(DatabaseError) -> Issuance in
            if let hash {
                let isPresent = try database.number(
                    "SELECT 1 FROM users WHERE id = ? AND password_hash = ?", .text(token.subject), .text(hash))
                guard isPresent != nil else { return .outdated }
            }
            guard try makeRoom(for: token) else { return .full }
            try insert(token)
            return .issued
        }
    }

    /// Its subject's oldest make way, and where there are as many tokens as there may be, others: nobody who signs in is
    /// sent away because somebody else has signed in too often. False when all were made by the operator, whose tokens
    /// make way only for more of the same subject.
    func makeRoom(for token: TokenRecord) throws(DatabaseError) -> Bool {
        try database.execute(
            """
            DELETE FROM tokens WHERE digest IN
                (SELECT digest FROM tokens WHERE subject = ?1 AND (kind = ?2) = (?3 = ?2)
                    ORDER BY created DESC LIMIT -1 OFFSET ?4)
            """, .text(token.subject), .text(TokenKind.issued.rawValue), .text(token.kind.rawValue),
            .int(Int64(limits.maxPerSubject - 1)))
        let surplus = (try database.number("SELECT COUNT(*) FROM tokens") ?? 0) - Int64(limits.maxTokens) + 1
        guard surplus > 0 else { return true }
        return try clear(max(surplus, Int64(limits.maxTokens / 100)), at: token.created) >= surplus
    }

    /// Guests count for themselves: what users hold takes nothing from their half.
    func hasRoomForGuest(at now: UnixTime) throws(DatabaseError) -> Bool {
        let half = Int64(limits.maxTokens / 2)
        // Where there are not as many of any kind, there is nothing to look through.
        if try database.number("SELECT COUNT(*) FROM tokens") ?? 0 < half { return true }
        let guests = try database.number(
            "SELECT COUNT(*) FROM tokens WHERE kind = ? AND (expiry IS NULL OR expiry > ?)",
            .text(TokenKind.guest.rawValue), .int(now.microseconds))
        return guests ?? 0 < half
    }

    /// First what has ended, then the oldest of whoever has most, so that many accounts of one hand push out each other;
    /// among equals guests before users, then the oldest.
    private func clear(_ count: Int64, at now: UnixTime) throws(DatabaseError) -> Int {
        try database.run(
            """
            DELETE FROM tokens WHERE digest IN (
                SELECT digest FROM (
                    SELECT digest, kind, created, IFNULL(expiry <= ?1, 0) AS has_ended,
                        ROW_NUMBER() OVER (PARTITION BY subject ORDER BY created DESC) AS place
                    FROM tokens WHERE kind <> ?2)
                ORDER BY has_ended DESC, place DESC, kind = ?3 DESC, created LIMIT ?4)
            """,
            [
                .int(now.microseconds), .text(TokenKind.issued.rawValue), .text(TokenKind.guest.rawValue), .int(count),
            ])
    }

    /// Where room has been made.
    func insert(_ token: TokenRecord) throws(DatabaseError) {
        try database.execute(
            "INSERT INTO tokens(\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)", .blob(token.digest.bytes),
            .text(token.kind.rawValue), .text(token.subject), .text(token.name), .text(token.scopes.text),
            .int(token.created.microseconds), token.expiry.map { .int($0.microseconds) } ?? .null)
    }

    package func extend(_ digest: TokenDigest, to expiry: UnixTime) throws(DatabaseError) -> Bool {
        try database.run(
            "UPDATE tokens SET expiry = ? WHERE digest = ?", [.int(expiry.microseconds), .blob(digest.bytes)]) == 1
    }

    package func revoke(_ digest: TokenDigest) throws(DatabaseError) -> Bool {
        try database.run("DELETE FROM tokens WHERE digest = ?", [.blob(digest.bytes)]) == 1
    }

    package func revokeAll(of subject: String) throws(DatabaseError) -> Int {
        try database.run("DELETE FROM tokens WHERE subject = ?", [.text(subject)])
    }

    /// For signed tokens, which are valid without being stored.
    package func deny(_ digest: TokenDigest, until expiry: UnixTime) throws(DatabaseError) {
        try database.execute(
            "INSERT OR REPLACE INTO denied_tokens(digest, expiry) VALUES (?, ?)", .blob(digest.bytes),
            .int(expiry.microseconds))
    }

    /// Forgets what nobody asks for any more.
    package func purge(at now: UnixTime) throws(DatabaseError) {
        let end = SQLValue.int(now.microseconds - limits.memory.nanoseconds / 1_000)
        let isIdle =
            try database.number(
                """
                SELECT NOT EXISTS (SELECT 1 FROM tokens WHERE expiry <= ?1)
                    AND NOT EXISTS (SELECT 1 FROM denied_tokens WHERE expiry <= ?1)
                    AND NOT EXISTS (SELECT 1 FROM invites WHERE expiry <= ?1)
                    AND (SELECT COUNT(*) FROM token_events) <= ?2
                """, end, .int(Int64(2 * limits.maxEvents))) == 1
        // Nothing is written where nothing is to be forgotten.
        if isIdle { return }
        try database.transaction { () throws(DatabaseError) in
            try database.execute("DELETE FROM tokens WHERE expiry <= ?", end)
            try database.execute("DELETE FROM denied_tokens WHERE expiry <= ?", end)
            try database.execute("DELETE FROM invites WHERE expiry <= ?", end)
            try database.execute(
                "DELETE FROM token_events WHERE sequence <= (SELECT MAX(sequence) FROM token_events) - ?",
                .int(Int64(limits.maxEvents)))
        }
    }

    // MARK: Changes

    /// Differs from its last value when another connection has written.
    package func foreignVersion() throws(DatabaseError) -> Int64 { try database.number("PRAGMA data_version") ?? 0 }

    /// Everything, and up to which event it counts.
    package func snapshot() throws(DatabaseError) -> (change: TokenChange, sequence: Int64) {
        try database.transaction { () throws(DatabaseError) -> (TokenChange, Int64) in
            let denied = try database.rows("SELECT digest, expiry FROM denied_tokens") { row throws(DatabaseError) in
                guard let digest = TokenDigest(bytes: row.blob(0)) else {
                    throw DatabaseError("the table of denied tokens holds what is none")
                }
                return (digest, UnixTime(microseconds: row.int(1)))
            }
            return (
                .reset(try tokens(), denied: Dictionary(denied, uniquingKeysWith: { _, last in last })),
                try lastSequence()
            )
        }
    }

    /// What has happened after that event, each token once and as it is now; nil when too much has.
    package func changes(after sequence: Int64) throws(DatabaseError) -> (changes: [TokenChange], sequence: Int64)? {
        let events = try database.rows(
            "SELECT sequence, digest FROM token_events WHERE sequence > ? ORDER BY sequence", .int(sequence)
        ) { row throws(DatabaseError) in (sequence: row.int(0), digest: TokenDigest(bytes: row.blob(1))) }
        guard let last = events.last else {
            return try lastSequence() == sequence ? ([], sequence) : nil
        }
        guard events.first?.sequence == sequence + 1 else { return nil }
        var seen: Set<TokenDigest> = []
        var changes: [TokenChange] = []
        for event in events {
            guard let digest = event.digest, seen.insert(digest).inserted else { continue }
            changes.append(try change(of: digest))
        }
        return (changes, last.sequence)
    }

    private func change(of digest: TokenDigest) throws(DatabaseError) -> TokenChange {
        if let token = try token(digest) { return .stored(token) }
        let end = try database.number("SELECT expiry FROM denied_tokens WHERE digest = ?", .blob(digest.bytes))
        return end.map { .denied(digest, until: UnixTime(microseconds: $0)) } ?? .removed(digest)
    }

    /// Counts on when the events are gone.
    private func lastSequence() throws(DatabaseError) -> Int64 {
        try database.number("SELECT seq FROM sqlite_sequence WHERE name = 'token_events'") ?? 0
    }
}
