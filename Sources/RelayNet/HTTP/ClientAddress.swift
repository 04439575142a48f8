/// Who a request comes from, as far as it can be known.
package struct ClientAddress: Sendable, Equatable {
    /// Nil for a unix socket whose other end names no client.
    package let address: IPAddress?
    /// Whether the client's own connection is encrypted, be it here or at a proxy.
    package let isSecure: Bool
    /// Whether a trusted proxy vouches for the address; else it is the other end of the socket.
    package let isForwarded: Bool

    /// What limits count by; nil when there is nobody to count, as for a direct connection from this machine.
    package var limitKey: IPAddress? {
        guard let address, isForwarded || !address.isLoopback else { return nil }
        return address.limitKey
    }
}

/// The peers whose word about others is believed.
///
/// Anybody can send `X-Forwarded-For`, so it counts only as far as those who appended to it are trusted: it is read from
/// the right, where the nearest proxy writes, up to the first address that is not a trusted proxy. What stands left of
/// that came from outside and is ignored.
package struct TrustedProxies: Sendable {
    package var ranges: [AddressRange]
    /// The other end of a unix socket is on this machine and was let in by file permissions.
    package var trustsUnixSockets: Bool
    /// Cloudflare overwrites `CF-Connecting-IP`, other proxies pass a client's own through. So it is believed only if
    /// asked for, and then only from a trusted peer.
    package var readsCloudflareHeader: Bool

    package init(
        _ ranges: [AddressRange] = AddressRange.loopback, trustsUnixSockets: Bool = true,
        readsCloudflareHeader: Bool = false
    ) {
        self.ranges = ranges
        self.trustsUnixSockets = trustsUnixSockets
        self.readsCloudflareHeader = readsCloudflareHeader
    }

    package func trusts(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Whom a request with this head comes from. `peer` is the other end of the socket, nil for a unix socket.
    package func client(of head: RequestHead, peer: IPAddress?, isEncrypted: Bool) -> ClientAddress {
        let isTrusted = peer.map(trusts) ?? trustsUnixSockets
        guard isTrusted else { return ClientAddress(address: peer, isSecure: isEncrypted, isForwarded: false) }
        let isSecure = Self.forwardedProtocol(head) ?? isEncrypted
        if readsCloudflareHeader, head.count(of: "cf-connecting-ip") == 1,
            let address = head.octets(of: "cf-connecting-ip").flatMap({ IPAddress(octets: $0) })
        {
            return ClientAddress(address: address, isSecure: isSecure, isForwarded: true)
        }
        var nearest: IPAddress?
        for element in head.elements(of: "x-forwarded-for").reversed() {
            // A hop that names no address ends what can be known: the one that reported it is the client.
            guard let address = Self.readHop(element) else { break }
            nearest = address
            if !trusts(address) { break }
        }
        return ClientAddress(address: nearest ?? peer, isSecure: isSecure, isForwarded: nearest != nil)
    }

    /// The nearest proxy's word. What a proxy appends to stands left of it and may be the client's invention.
    private static func forwardedProtocol(_ head: RequestHead) -> Bool? {
        guard let last = head.elements(of: "x-forwarded-proto").last else { return nil }
        if Octet.equalIgnoringCase(last.utf8, "https") || Octet.equalIgnoringCase(last.utf8, "wss") { return true }
        if Octet.equalIgnoringCase(last.utf8, "http") || Octet.equalIgnoringCase(last.utf8, "ws") { return false }
        return nil
    }

    /// An address as proxies write it: bare, `192.0.2.1:4711`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
    private static func readHop(_ text: String) -> IPAddress? {
        if let address = IPAddress(text) { return address }
        let octets = Array(text.utf8)[...]
        if octets.first == UInt8(ascii: "["), let end = octets.firstIndex(of: UInt8(ascii: "]")) {
            let rest = octets[(end + 1)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            let inside = octets[1..<end]
            return inside.contains(UInt8(ascii: ":")) ? IPAddress(octets: inside) : nil
        }
        guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), isPort(octets[colon...]) else { return nil }
        return IPAddress(octets: octets[..<colon])
    }

    private static func isPort(_ octets: ArraySlice<UInt8>) -> Bool {
        octets.first == UInt8(ascii: ":") && (2...6).contains(octets.count)
            && octets.dropFirst().allSatisfy(Octet.isDigit)
    }
}
