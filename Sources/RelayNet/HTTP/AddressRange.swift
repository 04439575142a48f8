/// A block of addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `fd00::/8`, or one address alone.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    package let base: IPAddress
    /// In bits of the address as it was written: 0…32 for IPv4, 0…128 for IPv6.
    package let prefixLength: Int
    private let highMask: UInt64
    private let lowMask: UInt64

    /// Bits of `address` beyond the prefix are ignored. Nil when the prefix is longer than the address.
    package init?(_ address: IPAddress, prefixLength: Int) {
        let width = address.isIPv4 ? 32 : 128
        guard (0...width).contains(prefixLength) else { return nil }
        let bits = prefixLength + (128 - width)
        highMask = Self.mask(bits: min(bits, 64))
        lowMask = Self.mask(bits: max(bits - 64, 0))
        base = IPAddress(high: address.high & highMask, low: address.low & lowMask)
        self.prefixLength = prefixLength
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        guard let length = parts.dropFirst().first else {
            self.init(address, prefixLength: address.isIPv4 ? 32 : 128)
            return
        }
        guard (1...3).contains(length.utf8.count), length.utf8.allSatisfy(Octet.isDigit), let bits = Int(length) else {
            return nil
        }
        self.init(address, prefixLength: bits)
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.high & highMask == base.high && address.low & lowMask == base.low
    }

    package var description: String { "\(base)/\(prefixLength)" }

    /// 127.0.0.0/8 and ::1: a proxy on the same machine, the only peer that is trusted without being named.
    package static let loopback: [AddressRange] = ["127.0.0.0/8", "::1/128"].compactMap { AddressRange($0) }

    private static func mask(bits: Int) -> UInt64 { bits == 0 ? 0 : ~0 << UInt64(64 - bits) }
}
