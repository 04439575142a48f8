import Testing

@testable import RelayNet

@Suite struct `An IP address` {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("0.0.0.0", "0.0.0.0"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::ffff:10.1.2.3", "10.1.2.3"), ("::FFFF:0a01:0203", "10.1.2.3"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("0:0:0:0:0:ffff:127.0.0.1", "127.0.0.1"),
    ])
    func `is read and written in its canonical form`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..3.4", "1.2.3.4 ", "+1.2.3.4",
        "0x7f.0.0.1", "2130706433", ":", ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "fe80::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::",
        "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3.256", "unknown", "_hidden", "127.0.0.1:80",
    ])
    func `is refused when it has no single meaning`(text: String) { #expect(IPAddress(text) == nil) }

    @Test func `counts IPv6 by its 64-bit network and IPv4 by itself`() throws {
        let one = try #require(IPAddress("2001:db8:1:2::1"))
        let same = try #require(IPAddress("2001:db8:1:2:ffff::2"))
        let other = try #require(IPAddress("2001:db8:1:3::1"))
        #expect(one.limitKey == same.limitKey)
        #expect(one.limitKey != other.limitKey)
        #expect(IPAddress(ipv4: 0x0A00_0001).limitKey == IPAddress("10.0.0.1"))
        #expect(IPAddress("::ffff:10.0.0.1")?.limitKey == IPAddress("10.0.0.1"))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
        ("::2", false), ("10.0.0.1", false),
    ])
    func `knows loopback`(text: String, isLoopback: Bool) { #expect(IPAddress(text)?.isLoopback == isLoopback) }
}

@Suite struct `An address range` {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.129/25", "192.0.2.200", true),
        ("192.0.2.129/25", "192.0.2.1", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ("::1", "::1", true), ("::1/128", "::2", false),
    ])
    func `contains what its prefix says`(range: String, address: String, contains: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(#require(IPAddress(address))) == contains)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0/8", "::/129",
        "::/0x8", "10.0.0.0/ 8", "10.0.0.0/99999999999999999999",
    ])
    func `is refused when it is malformed`(text: String) { #expect(AddressRange(text) == nil) }

    @Test func `drops the bits beyond its prefix`() { #expect(AddressRange("10.1.2.3/8")?.description == "10.0.0.0/8") }
}
