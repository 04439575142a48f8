package import RelayNet

/// Whose attempts are counted together.
package enum AttemptKey: Sendable, Hashable {
    /// A client's real address, or the /64 of IPv6 that one customer is given.
    case client(IPAddress)
    /// The account that is tried, whether it exists or not, by the digest of its folded name: any text may come.
    case user(TokenDigest)
    /// A device that knows a valid token of the account it signs in to. It has an account of its own here, so that
    /// nobody else's failures keep it out.
    case device(TokenDigest)

    package static func user(_ name: UserName) -> AttemptKey { .user(TokenDigest(of: name.folded)) }

    /// Nil for a unix socket that names no client.
    package static func client(_ client: ClientAddress) -> AttemptKey? {
        client.address.map { .client($0.limitKey) }
    }
}
