/// A request's path as names, decoded once: what routes and files are looked up by.
///
/// Nothing in it can climb or hide: dot segments, empty segments, separators and control characters, plain or encoded,
/// and bytes that are not UTF-8 make no path at all. Nor do names that a second decoding would turn into such: they are
/// aimed at somebody who decodes twice.
package struct RequestPath: Sendable, Equatable {
    package let segments: [String]
    /// A path that ends with a slash names a directory; `/` is one.
    package let isDirectory: Bool

    init(segments: [String], isDirectory: Bool) {
        self.segments = segments
        self.isDirectory = isDirectory
    }

    package init?(_ text: String) { self.init(octets: Array(text.utf8)[...]) }

    init?(octets: ArraySlice<UInt8>) {
        guard octets.first == UInt8(ascii: "/") else { return nil }
        var names = octets.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        isDirectory = names.last?.isEmpty ?? true
        if isDirectory { names.removeLast() }
        var segments: [String] = []
        segments.reserveCapacity(names.count)
        for name in names {
            guard let segment = Self.decode(name) else { return nil }
            segments.append(segment)
        }
        self.segments = segments
    }

    private static func decode(_ name: ArraySlice<UInt8>) -> String? {
        guard !name.isEmpty else { return nil }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(name.count)
        var rest = name
        while let octet = rest.popFirst() {
            var octet = octet
            if octet == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(Octet.hexValue),
                    let low = rest.popFirst().flatMap(Octet.hexValue)
                else { return nil }
                octet = high << 4 | low
            }
            guard octet >= 0x20, octet != 0x7F, octet != UInt8(ascii: "/"), octet != UInt8(ascii: "\\") else {
                return nil
            }
            decoded.append(octet)
        }
        guard decoded != [0x2E], decoded != [0x2E, 0x2E], !isEncodedTwice(decoded) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func isEncodedTwice(_ octets: [UInt8]) -> Bool {
        guard octets.count >= 3 else { return false }
        for start in 0...(octets.count - 3) where octets[start] == UInt8(ascii: "%") {
            guard let high = Octet.hexValue(octets[start + 1]), let low = Octet.hexValue(octets[start + 2]) else {
                continue
            }
            switch high << 4 | low {
            case 0, UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "%"): return true
            default: continue
            }
        }
        return false
    }
}
