import RelayProtocol

/// How rules name addresses: both sides are split at `/` and compared segment by segment. `{name}` takes one segment
/// and remembers it, `*` takes one, `**` takes all that is left, also nothing, and ends the comparison.
///
/// Not the syntax of subscriptions: a `*` beside other characters is an ordinary character here. A class, because rules
/// are passed about and one reference is counted faster than three arrays.
package final class PathPattern: Sendable {
    enum Segment: Sendable {
        case literal(ByteRange)
        case one
        case rest
    }

    struct Capture: Sendable {
        let name: [UInt8]
        /// Which segment of the address it takes. Captures are looked up when a rule needs them, which is rare, instead
        /// of collected on each comparison.
        let segment: Int
    }

    package let text: String
    let bytes: [UInt8]
    let segments: [Segment]
    let captures: [Capture]
    /// So many bytes, and segments, that an address must share at its beginning: one comparison dismisses most.
    private let prefix: (bytes: Int, segments: Int)

    package init(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        var segments: [Segment] = []
        var captures: [Capture] = []
        for range in bytes.rawSpan.segmentRanges {
            let segment = bytes.rawSpan.bytes(range)
            if segment.isEqual(to: "**") {
                segments.append(.rest)
                break
            }
            if let name = segment.captureName {
                captures.append(Capture(name: name.array, segment: segments.count))
                segments.append(.one)
            } else {
                segments.append(segment.isEqual(to: "*") ? .one : .literal(range))
            }
        }
        self.bytes = bytes
        self.segments = segments
        self.captures = captures
        prefix = Self.prefix(of: segments)
    }

    /// The literal segments in front and the slash behind each. The last segment is left to the comparison, and so is
    /// the one before `**`, because nothing need follow it.
    private static func prefix(of segments: [Segment]) -> (Int, Int) {
        var bytes = 0
        for index in segments.indices {
            guard case .literal(let range) = segments[index], index + 1 < segments.count else { return (bytes, index) }
            if case .rest = segments[index + 1] { return (bytes, index) }
            bytes += Int(range.count) + 1
        }
        return (bytes, segments.count)
    }

    package func matches(_ address: RawSpan) -> Bool {
        let bytes = bytes
        let mine = bytes.rawSpan
        guard address.byteCount >= prefix.bytes,
            address.extracting(0..<prefix.bytes).isEqual(to: mine.extracting(0..<prefix.bytes))
        else { return false }
        var position = prefix.bytes
        var index = prefix.segments
        while index < segments.count {
            if case .rest = segments[index] { return true }
            guard position <= address.byteCount else { return false }
            let end = address.segmentEnd(from: position)
            if case .literal(let range) = segments[index] {
                guard mine.bytes(range).isEqual(to: address.extracting(position..<end)) else { return false }
            }
            position = end + 1
            index += 1
        }
        return position > address.byteCount
    }

    /// Which segment of a matching address the capture of that name takes.
    func segment(named name: [UInt8]) -> Int? {
        captures.first { $0.name == name }?.segment
    }
}

extension RawSpan {
    /// The pieces between slashes, the empty one before a leading slash included. An empty text is one empty piece.
    var segmentRanges: [ByteRange] {
        var ranges: [ByteRange] = []
        var position = 0
        while position <= byteCount {
            let end = segmentEnd(from: position)
            ranges.append(ByteRange(position, count: end - position))
            position = end + 1
        }
        return ranges
    }

    func segmentEnd(from start: Int) -> Int {
        var offset = start
        // Not `Address.separator`: reading a constant of another room is a call, here one for each byte.
        while offset < byteCount, byte(at: offset) != UInt8(ascii: "/") { offset += 1 }
        return offset
    }

    /// The piece with that number, counted as `segmentRanges` does.
    func segmentRange(_ number: Int) -> ByteRange? {
        var position = 0
        for _ in 0..<number {
            position = segmentEnd(from: position) + 1
            guard position <= byteCount else { return nil }
        }
        return ByteRange(position, count: segmentEnd(from: position) - position)
    }

    /// `name` of a segment written `{name}`.
    fileprivate var captureName: RawSpan? {
        @_lifetime(copy self)
        get {
            guard byteCount >= 2, byte(at: 0) == UInt8(ascii: "{"), byte(at: byteCount - 1) == UInt8(ascii: "}")
            else { return nil }
            return extracting(1..<byteCount - 1)
        }
    }

    func starts(with prefix: RawSpan) -> Bool {
        byteCount >= prefix.byteCount && extracting(0..<prefix.byteCount).isEqual(to: prefix)
    }

    func contains(_ part: RawSpan) -> Bool {
        guard part.byteCount > 0 else { return true }
        let first = part.byte(at: 0)
        var offset = 0
        while offset + part.byteCount <= byteCount {
            if byte(at: offset) == first, extracting(offset..<offset + part.byteCount).isEqual(to: part) { return true }
            offset += 1
        }
        return false
    }
}
