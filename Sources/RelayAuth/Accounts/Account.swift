/// A registered user, as stored.
package struct Account: Sendable, Equatable {
    package let id: String
    /// As it is shown.
    package let username: String
    /// A PHC string.
    package let passwordHash: String
    package let created: UnixTime

    package init(id: String, username: String, passwordHash: String, created: UnixTime) {
        self.id = id
        self.username = username
        self.passwordHash = passwordHash
        self.created = created
    }

    func hashed(anew hash: String) -> Account {
        Account(id: id, username: username, passwordHash: hash, created: created)
    }
}

/// What becomes of the wish for an account or a guest's id. Decided in one transaction.
package enum Admission: Sendable, Equatable {
    case admitted
    case nameTaken
    case idTaken
    /// A living token speaks for the id, and the wish came without it.
    case idReserved
    case inviteRefused
    /// There are as many tokens as there may be, and none that makes way.
    case full
}

/// What becomes of a token whose owner has just proved who he is.
package enum Issuance: Sendable, Equatable {
    case issued
    /// The account is gone, or its password is another one by now.
    case outdated
    /// There are as many tokens as there may be, and none that makes way.
    case full
}

package struct Registration: Sendable {
    package let account: Account
    package let name: UserName
    package let token: TokenRecord
    /// Demanded where accounts are by invitation only; one use of it is spent.
    package var invite: TokenDigest?
    /// The subject of the valid token that came with the wish.
    package var proof: String?
}

package struct GuestVisit: Sendable {
    package let token: TokenRecord
    /// The name as the guest wishes it, or nil for one that is made of the id.
    package let name: UserName?
    package var proof: String?
}
