import Testing

@testable import RelayNet

private struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var peer: String?
    var fields: [String] = []
    var isEncrypted = false
    var trusted = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "2001:db8:f::/48"]
    var readsCloudflare = false
    var client: String?
    var isSecure = false
    var isForwarded = true

    var testDescription: String { name }
}

private let cases = [
    Case(name: "direct", peer: "192.0.2.1", client: "192.0.2.1", isForwarded: false),
    Case(
        name: "direct, encrypted", peer: "192.0.2.1", isEncrypted: true, client: "192.0.2.1", isSecure: true,
        isForwarded: false),
    Case(name: "direct over IPv6", peer: "2001:db8::1", client: "2001:db8::1", isForwarded: false),
    Case(name: "direct through a dual-stack socket", peer: "::ffff:192.0.2.1", client: "192.0.2.1", isForwarded: false),
    Case(name: "direct from this machine", peer: "127.0.0.1", client: "127.0.0.1", isForwarded: false),
    Case(
        name: "caddy beside us", peer: "127.0.0.1",
        fields: ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: relay"],
        client: "192.0.2.1",
        isSecure: true),
    Case(
        name: "caddy in a container, dual-stack", peer: "::ffff:10.0.0.5",
        fields: ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http"], isEncrypted: true, client: "192.0.2.1"),
    Case(
        name: "nginx with X-Real-IP as well", peer: "::1",
        fields: ["X-Real-IP: 203.0.113.5", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"],
        client: "192.0.2.1",
        isSecure: true),
    Case(
        name: "two hops", peer: "127.0.0.1", fields: ["X-Forwarded-For: 192.0.2.1, 10.1.2.3"], client: "192.0.2.1"),
    Case(
        name: "two hops in two fields", peer: "127.0.0.1",
        fields: ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 10.1.2.3"], client: "192.0.2.1"),
    Case(
        name: "two hops, the first unknown", peer: "127.0.0.1", fields: ["X-Forwarded-For: 192.0.2.1, 198.51.100.7"],
        client: "198.51.100.7"),
    Case(
        name: "spoofed to us directly", peer: "192.0.2.1",
        fields: ["X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https"], client: "192.0.2.1", isForwarded: false),
    Case(
        name: "spoofed through a proxy", peer: "127.0.0.1", fields: ["X-Forwarded-For: 1.1.1.1, 127.0.0.1, 192.0.2.1"],
        client: "192.0.2.1"),
    Case(
        name: "spoofed as a trusted proxy", peer: "127.0.0.1",
        fields: ["X-Forwarded-For: 8.8.8.8, 192.0.2.1, 10.0.0.9"],
        client: "192.0.2.1"),
    Case(
        name: "garbage from the client", peer: "127.0.0.1", fields: ["X-Forwarded-For: <script>, 192.0.2.1"],
        client: "192.0.2.1"),
    Case(
        name: "garbage from the proxy", peer: "127.0.0.1", fields: ["X-Forwarded-For: 192.0.2.1, unknown"],
        client: "127.0.0.1", isForwarded: false),
    Case(
        name: "garbage before a trusted hop", peer: "127.0.0.1", fields: ["X-Forwarded-For: 192.0.2.1, _x, 10.0.0.1"],
        client: "10.0.0.1"),
    Case(
        name: "nothing but proxies", peer: "127.0.0.1", fields: ["X-Forwarded-For: 10.0.0.1, 10.0.0.2"],
        client: "10.0.0.1"),
    Case(
        name: "an empty field", peer: "127.0.0.1", fields: ["X-Forwarded-For:"], client: "127.0.0.1", isForwarded: false
    ),
    Case(name: "empty elements", peer: "127.0.0.1", fields: ["X-Forwarded-For: ,192.0.2.1, ,"], client: "192.0.2.1"),
    Case(name: "IPv6", peer: "::1", fields: ["X-Forwarded-For: 2001:DB8::0001"], client: "2001:db8::1"),
    Case(
        name: "IPv6 by an IPv6 proxy", peer: "2001:db8:f::1", fields: ["X-Forwarded-For: 2001:db8::1, 2001:db8:f::2"],
        client: "2001:db8::1"),
    Case(name: "IPv6 with a port", peer: "::1", fields: ["X-Forwarded-For: [2001:db8::1]:4711"], client: "2001:db8::1"),
    Case(name: "IPv6 in brackets", peer: "::1", fields: ["X-Forwarded-For: [2001:db8::1]"], client: "2001:db8::1"),
    Case(name: "IPv4 with a port", peer: "::1", fields: ["X-Forwarded-For: 192.0.2.1:80"], client: "192.0.2.1"),
    Case(name: "IPv4 mapped", peer: "::1", fields: ["X-Forwarded-For: ::ffff:192.0.2.1"], client: "192.0.2.1"),
    Case(
        name: "a mapped spoof of a trusted proxy", peer: "::ffff:192.0.2.1", fields: ["X-Forwarded-For: ::1"],
        client: "192.0.2.1", isForwarded: false),
    Case(
        name: "IPv4 in brackets", peer: "::1", fields: ["X-Forwarded-For: [192.0.2.1]"], client: "::1",
        isForwarded: false),
    Case(
        name: "a port that is none", peer: "::1", fields: ["X-Forwarded-For: 192.0.2.1:"], client: "::1",
        isForwarded: false),
    Case(name: "a unix socket", peer: nil, fields: ["X-Forwarded-For: 192.0.2.1"], client: "192.0.2.1"),
    Case(name: "a unix socket without a word", peer: nil, client: nil, isForwarded: false),
    Case(
        name: "cloudflare", peer: "127.0.0.1",
        fields: ["CF-Connecting-IP: 192.0.2.1", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"],
        readsCloudflare: true, client: "192.0.2.1", isSecure: true),
    Case(
        name: "cloudflare's field without having asked", peer: "127.0.0.1",
        fields: ["CF-Connecting-IP: 1.1.1.1", "X-Forwarded-For: 192.0.2.1"], client: "192.0.2.1"),
    Case(
        name: "cloudflare's field from an untrusted peer", peer: "192.0.2.1", fields: ["CF-Connecting-IP: 1.1.1.1"],
        readsCloudflare: true, client: "192.0.2.1", isForwarded: false),
    Case(
        name: "cloudflare's field twice", peer: "127.0.0.1",
        fields: ["CF-Connecting-IP: 1.1.1.1", "CF-Connecting-IP: 1.1.1.2", "X-Forwarded-For: 192.0.2.1"],
        readsCloudflare: true, client: "192.0.2.1"),
    Case(
        name: "protocols of two hops", peer: "127.0.0.1",
        fields: ["X-Forwarded-For: 192.0.2.1, 10.0.0.1", "X-Forwarded-Proto: http, https"], client: "192.0.2.1",
        isSecure: true),
    Case(
        name: "a spoofed protocol, appended to", peer: "127.0.0.1",
        fields: ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https, http"], client: "192.0.2.1"),
    Case(
        name: "an unknown protocol", peer: "127.0.0.1",
        fields: ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: gopher"], client: "192.0.2.1"),
    Case(
        name: "nobody trusted", peer: "127.0.0.1", fields: ["X-Forwarded-For: 192.0.2.1"], trusted: [],
        client: "127.0.0.1", isForwarded: false),
    Case(
        name: "everybody trusted", peer: "198.51.100.1", fields: ["X-Forwarded-For: 192.0.2.1, 203.0.113.9"],
        trusted: ["0.0.0.0/0"], client: "192.0.2.1"),
]

@Suite struct `The client's address` {
    @Test(arguments: cases)
    private func `is known as far as those who report it are trusted`(_ test: Case) throws {
        let request = try #require(head(get("/").replacingEnd(with: test.fields)))
        let ranges = try test.trusted.map { try #require(AddressRange($0)) }
        let proxies = TrustedProxies(ranges, readsCloudflareHeader: test.readsCloudflare)
        let client = proxies.client(
            of: request, peer: test.peer.flatMap { IPAddress($0) }, isEncrypted: test.isEncrypted)
        #expect(client.address?.description == test.client)
        #expect(client.isSecure == test.isSecure)
        #expect(client.isForwarded == test.isForwarded)
    }

    @Test func `of this machine counts for nobody unless a proxy reported it`() throws {
        let direct = ClientAddress(address: .loopback4, isSecure: false, isForwarded: false)
        #expect(direct.limitKey == nil)
        let reported = ClientAddress(address: IPAddress("192.0.2.1"), isSecure: false, isForwarded: true)
        #expect(reported.limitKey == IPAddress("192.0.2.1"))
        let six = ClientAddress(address: IPAddress("2001:db8::abcd"), isSecure: false, isForwarded: false)
        #expect(six.limitKey == IPAddress("2001:db8::"))
    }
}

extension String {
    /// The request with more fields before its empty line.
    fileprivate func replacingEnd(with fields: [String]) -> String {
        String(dropLast(1)) + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
