/// Where accounts and tokens are kept. One process may share it with others, so every decision that depends on what is
/// stored is one call.
package protocol AccountStore: Sendable {
    /// Whether what was last asked of it could be done.
    var isWell: Bool { get }
    func account(named name: UserName) async throws(StoreFailure) -> Account?
    func account(withID id: String) async throws(StoreFailure) -> Account?
    /// Whether a registration could succeed: asked before the cost of a hash. The answer is not binding.
    func admission(of name: UserName, id: String, invite: TokenDigest?, proof: String?) async throws(StoreFailure)
        -> Admission
    func register(_ registration: Registration) async throws(StoreFailure) -> Admission
    func admit(_ guest: GuestVisit) async throws(StoreFailure) -> Admission
    /// Only while the account still has the hash that its owner's password was compared with. The subject's oldest make
    /// way for its newest.
    func issue(_ token: TokenRecord, provedBy hash: String) async throws(StoreFailure) -> Issuance
    /// False when there is no such token any more.
    func extend(_ digest: TokenDigest, to expiry: UnixTime) async throws(StoreFailure) -> Bool
    func revoke(_ digest: TokenDigest) async throws(StoreFailure) -> Bool
    func revokeAll(of subject: String) async throws(StoreFailure) -> Int
    /// Replaces a hash if it is still the one that was read. `keeping`: all other tokens of the account are revoked.
    func replaceHash(of id: String, _ old: String, by new: String, keeping token: TokenDigest?)
        async throws(StoreFailure) -> Bool
}

package enum StoreFailure: Error, Equatable {
    /// Too much waits already; later it may work.
    case busy
    case failed(DatabaseError)
}
