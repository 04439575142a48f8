/// The rules for an address: a leading `/`, no empty segment except one at the end, no wildcard, at most 1,024 bytes.
/// Case-sensitive, any Unicode, `.` and `..` are ordinary.
public enum Address {
    public static let separator = UInt8(ascii: "/")
    public static let wildcard = UInt8(ascii: "*")

    public static func isValid(_ address: RawSpan) -> Bool {
        address.byteCount <= WireLimits.maxAddressBytes && hasSegments(address, wildcards: false)
    }

    /// The shape that addresses and patterns share.
    static func hasSegments(_ text: RawSpan, wildcards: Bool) -> Bool {
        guard text.byteCount > 0, text.byte(at: 0) == separator else { return false }
        var previous = separator
        for offset in 1..<max(1, text.byteCount) {
            let byte = text.byte(at: offset)
            if byte == separator && previous == separator { return false }
            if byte == wildcard && !wildcards { return false }
            previous = byte
        }
        return true
    }
}

/// Walks the segments of an address or pattern: `/a/b` has `a` and `b`, `/a/` has `a` and an empty one, `/` one empty.
public struct SegmentCursor {
    private var offset = 1

    public init() {}

    public mutating func next(in text: RawSpan) -> ByteRange? {
        guard offset <= text.byteCount else { return nil }
        let start = offset
        let end = text.endOfSegment(from: start)
        offset = end + 1
        return ByteRange(start, count: end - start)
    }
}

extension RawSpan {
    /// Where the segment that starts at `start` ends: at the next `/`, or at the end.
    @inline(__always)
    func endOfSegment(from start: Int) -> Int { firstOffset(of: Address.separator, from: start) }
}
