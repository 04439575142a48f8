/// Invitations: secrets that open a closed registration a number of times. Kept by their digest, like tokens.
package struct Invite: Sendable, Equatable {
    package let digest: TokenDigest
    package let created: UnixTime
    package let expiry: UnixTime?
    package let usesLeft: Int

    package init(digest: TokenDigest, created: UnixTime, expiry: UnixTime?, usesLeft: Int) {
        self.digest = digest
        self.created = created
        self.expiry = expiry
        self.usesLeft = usesLeft
    }
}

extension UserDatabase {
    /// - Returns: the invite itself, which is shown this once.
    package func issueInvite(uses: Int, lifetime: Duration?, at now: UnixTime) throws(DatabaseError) -> String {
        let secret = Secret.invite()
        let expiry = lifetime.map { now.advanced(by: $0) }
        try add(Invite(digest: TokenDigest(of: secret), created: now, expiry: expiry, usesLeft: uses))
        return secret
    }

    func add(_ invite: Invite) throws(DatabaseError) {
        try database.execute(
            "INSERT INTO invites(digest, created, expiry, uses_left) VALUES (?, ?, ?, ?)",
            .blob(invite.digest.bytes), .int(invite.created.microseconds),
            invite.expiry.map { .int($0.microseconds) } ?? .null, .int(Int64(invite.usesLeft)))
    }

    package func invites() throws(DatabaseError) -> [Invite] {
        try database.rows("SELECT digest, created, expiry, uses_left FROM invites ORDER BY created") {
            row throws(DatabaseError) in
            guard let digest = TokenDigest(bytes: row.blob(0)) else {
                throw DatabaseError("the table of invites holds what is none")
            }
            return Invite(
                digest: digest, created: UnixTime(microseconds: row.int(1)),
                expiry: row.isNull(2) ? nil : UnixTime(microseconds: row.int(2)), usesLeft: Int(row.int(3)))
        }
    }

    package func withdraw(invite: TokenDigest) throws(DatabaseError) -> Bool {
        try database.run("DELETE FROM invites WHERE digest = ?", [.blob(invite.bytes)]) == 1
    }

    func isValid(invite: TokenDigest, at now: UnixTime) throws(DatabaseError) -> Bool {
        try database.number(
            "SELECT 1 FROM invites WHERE digest = ? AND uses_left > 0 AND (expiry IS NULL OR expiry > ?)",
            .blob(invite.bytes), .int(now.microseconds)) != nil
    }

    func spend(_ invite: TokenDigest) throws(DatabaseError) {
        try database.execute("UPDATE invites SET uses_left = uses_left - 1 WHERE digest = ?", .blob(invite.bytes))
    }
}
