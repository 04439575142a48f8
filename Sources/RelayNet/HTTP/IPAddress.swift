/// An IPv4 or IPv6 address as a value of 128 bits, cheap to compare and to use as a key.
///
/// IPv4 is kept in its mapped form (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so the same client is the same value whether it
/// came through an IPv4 socket or a dual-stack one. Zone identifiers are not addresses and are refused.
package struct IPAddress: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    private static let mappedPrefix: UInt64 = 0xFFFF_0000_0000

    /// Both halves in host order.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// In host order: `0x7F00_0001` is 127.0.0.1.
    package init(ipv4: UInt32) { self.init(high: 0, low: Self.mappedPrefix | UInt64(ipv4)) }

    package static let loopback4 = IPAddress(ipv4: 0x7F00_0001)
    package static let loopback6 = IPAddress(high: 0, low: 1)

    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }
    package var ipv4: UInt32? { isIPv4 ? UInt32(truncatingIfNeeded: low) : nil }
    package var isLoopback: Bool { self == .loopback6 || (isIPv4 && (low >> 24) & 0xFF == 127) }

    /// What limits count by: the address itself, or the /64 of IPv6, which is what one customer is given.
    package var limitKey: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0) }
}

extension IPAddress {
    package init?(_ text: some StringProtocol) {
        let octets = Array(text.utf8)
        self.init(octets: octets[...])
    }

    /// The textual forms of RFC 4291 §2.2 and dotted IPv4, without brackets, ports or zones. A leading zero in an IPv4
    /// part is refused, because some readers take it for octal.
    init?(octets: ArraySlice<UInt8>) {
        if octets.contains(UInt8(ascii: ":")) {
            guard let (high, low) = Self.readIPv6(octets) else { return nil }
            self.init(high: high, low: low)
        } else {
            guard let ipv4 = Self.readIPv4(octets) else { return nil }
            self.init(ipv4: ipv4)
        }
    }

    private static func readIPv4(_ octets: ArraySlice<UInt8>) -> UInt32? {
        let parts = octets.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(Octet.isDigit) else { return nil }
            guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            let value = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard value <= 255 else { return nil }
            address = address << 8 | value
        }
        return address
    }

    private static func readIPv6(_ octets: ArraySlice<UInt8>) -> (UInt64, UInt64)? {
        // The longest form has 45 characters (eight groups, the last two as dotted IPv4).
        guard octets.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var rest = octets
        if rest.starts(with: [0x3A, 0x3A]) {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            let part = rest[rest.startIndex..<end]
            if end == rest.endIndex, part.contains(UInt8(ascii: ".")) {
                guard let ipv4 = readIPv4(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: ipv4 >> 16))
                groups.append(UInt16(truncatingIfNeeded: ipv4))
                break
            }
            guard (1...4).contains(part.count), let group = readGroup(part), groups.count < 8 else { return nil }
            groups.append(group)
            guard end < rest.endIndex else { break }
            rest = rest[(end + 1)...]
            if rest.first == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil  // a single colon at the end
            }
        }
        if let gap {
            // A gap that stands for nothing is refused: `::` replaces at least one group (RFC 5952 §4.2.2 says two).
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let high = groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) }
        let low = groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    private static func readGroup(_ part: ArraySlice<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for octet in part {
            guard let digit = Octet.hexValue(octet) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted for IPv4, else the canonical form of RFC 5952: lower case, the longest run of zero groups as `::`.
    package var description: String {
        if let ipv4 {
            return "\(ipv4 >> 24).\((ipv4 >> 16) & 255).\((ipv4 >> 8) & 255).\(ipv4 & 255)"
        }
        let groups = (0..<8).map { index in
            let half = index < 4 ? high : low
            return UInt16(truncatingIfNeeded: half >> UInt64((3 - index % 4) * 16))
        }
        var best = 0..<0
        var index = 0
        while index < 8 {
            guard groups[index] == 0 else {
                index += 1
                continue
            }
            let start = index
            while index < 8, groups[index] == 0 { index += 1 }
            if index - start > max(best.count, 1) { best = start..<index }
        }
        let text = { (range: Range<Int>) in
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return text(0..<8) }
        return text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }
}
