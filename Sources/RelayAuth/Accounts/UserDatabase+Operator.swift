/// What the operator does to the file himself, past the rules for strangers. Blocks, also for hashing.
extension UserDatabase {
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// - Returns: the new account's id.
    package func addUser(
        _ typed: String, id: String?, password: [UInt8], parameters: Argon2Parameters = .standard, at now: UnixTime
    ) throws(Fault) -> String {
        let name = UserName(typed)
        guard name.isWellFormed else {
            throw Fault("a user name has \(UserName.lengths) bytes and no invisible characters")
        }
        let id = id ?? Secret.userID(at: now)
        guard UserID.isValid(id.utf8) else { throw Fault("a user id has 1 to 64 letters, digits, - or _") }
        let account = Account(
            id: id, username: name.display, passwordHash: try Self.hash(password, parameters), created: now)
        return try storing { () throws(DatabaseError) in
            try database.transaction { () throws(DatabaseError) -> Result<String, Fault> in
                // The operator may take an id that a living token speaks for: the token may be made for it.
                switch try admission(of: name, id: id, invite: nil, proof: id, at: now) {
                case .admitted: break
                case .nameTaken: return .failure(Fault("the name \(name.display) is in use"))
                case .idTaken: return .failure(Fault("the id \(id) is in use"))
                case .idReserved: return .failure(Fault(try reservation(of: id) ?? "the id \(id) is in use"))
                case .full, .inviteRefused: return .failure(Fault("there is no room for another user"))
                }
                try addByHand(account, named: name)
                return .success(id)
            }
        }
    }

    /// With an account, its id is no guest's any more: who had it must not speak for whom the operator means.
    private func addByHand(_ account: Account, named name: UserName) throws(DatabaseError) {
        try database.execute(
            "DELETE FROM tokens WHERE subject = ? AND kind = ?", .text(account.id), .text(TokenKind.guest.rawValue))
        try add(account, named: name)
    }

    /// Why nobody gets that id, be it free or not.
    private func reservation(of id: String) throws(DatabaseError) -> String? {
        if id == AdminToken.subject { return "the id \(id) is the operator's own" }
        return try isRetired(id) ? "the id \(id) belonged to a user who was deleted" : nil
    }

    /// Sets a password and ends all tokens of the account.
    package func setPassword(
        of id: String, _ password: [UInt8], parameters: Argon2Parameters = .standard
    ) throws(Fault) {
        let hash = try Self.hash(password, parameters)
        let isKnown = try storing { () throws(DatabaseError) -> Result<Bool, Fault> in
            .success(try replaceHash(of: id, nil, by: hash, revoking: true, keeping: nil))
        }
        guard isKnown else { throw Fault("there is no user with the id \(id)") }
    }

    private static func hash(_ password: [UInt8], _ parameters: Argon2Parameters) throws(Fault) -> String {
        guard PasswordHasher.passwordLengths.contains(password.count) else {
            throw Fault("a password has \(PasswordHasher.passwordLengths) bytes")
        }
        do throws(Argon2Failure) {
            return try Argon2.record(password, salt: Secret.bytes(Argon2.saltBytes), parameters).text
        } catch {
            throw Fault("the password cannot be hashed (\(error.code))")
        }
    }

    /// By name, else by id.
    package func account(called text: String) throws(DatabaseError) -> Account? {
        if let account = try account(named: UserName(text)) { return account }
        return try account(withID: text)
    }

    // MARK: Tokens

    /// Makes a token for a program. It is shown this once.
    package func issueToken(
        for subject: String, scopes: [String], lifetime: Duration?, at now: UnixTime
    ) throws(Fault) -> (secret: String, record: TokenRecord) {
        guard UserID.isValid(subject.utf8) else { throw Fault("a subject has 1 to 64 letters, digits, - or _") }
        let secret = Secret.token()
        let record = TokenRecord(
            digest: TokenDigest(of: secret), kind: .issued, subject: subject, name: subject, scopes: ScopeList(scopes),
            created: now, expiry: lifetime.map { now.advanced(by: $0) })
        let hasRoom = try storing { () throws(DatabaseError) -> Result<Bool, Fault> in .success(try issue(record)) }
        guard hasRoom else { throw Fault("there are as many tokens as there may be") }
        return (secret, record)
    }

    /// Ends every token that is stored. The operator's own is in no store, and what a key has signed ends with the key.
    package func revokeAll() throws(DatabaseError) -> Int { try database.run("DELETE FROM tokens", []) }

    /// Revokes a token itself: one of ours, or a signed one, which is remembered as refused for as long as it could
    /// last.
    package func revoke(token: String, at now: UnixTime) throws(Fault) -> Bool {
        try storing { () throws(DatabaseError) -> Result<Bool, Fault> in
            if try revoke(TokenDigest(of: token)) { return .success(true) }
            guard let (digest, expiry) = SignedToken.identity(of: Array(token.utf8)) else { return .success(false) }
            try deny(digest, until: expiry)
            return .success(true)
        }
    }

    // MARK: Import

    package struct ImportReport: Sendable, Equatable {
        package var added = 0
        /// Who was left out, and why.
        package var skipped: [String] = []
    }

    /// Takes over the users of another relay's file, which is only read. Who is here already stays as he is; names that
    /// differ only in case are kept.
    package func importUsers(from path: String) throws(Fault) -> ImportReport {
        try storing { () throws(DatabaseError) -> Result<ImportReport, Fault> in
            let found = try Database(reading: path).rows(
                "SELECT id, username, password_hash, created_at FROM users ORDER BY created_at, id"
            ) { row throws(DatabaseError) in
                Account(
                    id: row.text(0), username: row.text(1), passwordHash: row.text(2),
                    created: UnixTime(seconds: row.int(3)))
            }
            return .success(
                try database.transaction { () throws(DatabaseError) -> ImportReport in
                    var report = ImportReport()
                    for account in found {
                        if let reason = try reasonToSkip(account) {
                            report.skipped.append("\(account.id): \(reason)")
                        } else {
                            try addByHand(account, named: UserName(account.username))
                            report.added += 1
                        }
                    }
                    return report
                })
        }
    }

    private func reasonToSkip(_ account: Account) throws(DatabaseError) -> String? {
        if !UserID.isValid(account.id.utf8) { return "not an id" }
        if PasswordRecord(account.passwordHash) == nil { return "not a hash of Argon2id" }
        if try self.account(withID: account.id) != nil { return "the id is in use" }
        if let reason = try reservation(of: account.id) { return reason }
        let isTaken = try database.number("SELECT 1 FROM users WHERE username = ?", .text(account.username)) != nil
        return isTaken ? "the name is in use" : nil
    }

    private func storing<Value>(
        _ body: () throws(DatabaseError) -> Result<Value, Fault>
    ) throws(Fault) -> Value {
        let outcome: Result<Value, Fault>
        do throws(DatabaseError) {
            outcome = try body()
        } catch {
            throw Fault(error.description)
        }
        return try outcome.get()
    }
}
