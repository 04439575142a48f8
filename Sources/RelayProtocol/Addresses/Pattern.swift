/// What a SUBSCRIBE, QUERY or scope asks for: an address whose segments may hold `*`, or be `**`.
///
/// `*` takes any bytes inside a segment, also none; `**` as a whole segment takes any number of segments, also none.
/// Everything else is literal.
public struct Pattern: Sendable {
    public enum Segment: Equatable, Sendable {
        case literal(ByteRange)
        /// `*` somewhere in it.
        case wildcard(ByteRange)
        /// `**`.
        case anyNumber
    }

    public let bytes: [UInt8]
    public let segments: [Segment]

    /// Nil for what is not a pattern: empty, no leading `/`, an empty segment inside, or longer than an address may be.
    public init?(_ text: RawSpan) {
        guard text.byteCount <= WireLimits.maxAddressBytes, Address.hasSegments(text, wildcards: true) else {
            return nil
        }
        var segments: [Segment] = []
        var cursor = SegmentCursor()
        while let range = cursor.next(in: text) {
            let segment = text.bytes(range)
            var wildcards = 0
            for offset in 0..<segment.byteCount where segment.byte(at: offset) == Address.wildcard { wildcards += 1 }
            if wildcards == 2, segment.byteCount == 2 {
                segments.append(.anyNumber)
            } else {
                segments.append(wildcards == 0 ? .literal(range) : .wildcard(range))
            }
        }
        self.segments = segments
        bytes = text.array
    }

    public init?(_ text: String) {
        self.init(Array(text.utf8).rawSpan)
    }

    private init(bytes: [UInt8], segments: [Segment]) {
        self.bytes = bytes
        self.segments = segments
    }

    /// This with `/*` behind it.
    var withOneMoreSegment: Pattern {
        let star = ByteRange(bytes.count + 1, count: 1)
        return Pattern(
            bytes: bytes + [Address.separator, Address.wildcard], segments: segments + [.wildcard(star)])
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether it names one address only.
    public var isExact: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// Whether it ends in `/**`.
    public var isOpen: Bool { segments.last == .anyNumber }

    public func matches(_ address: RawSpan) -> Bool {
        guard address.byteCount > 0, address.byte(at: 0) == Address.separator else { return false }
        let mine = bytes.rawSpan
        return PatternMatcher.matches(
            pattern: segments.count, text: 1..<address.byteCount + 1,
            next: { address.endOfSegment(from: $0) + 1 },
            isStar: { segments[$0] == .anyNumber },
            take: { pattern, start in
                let end = address.endOfSegment(from: start)
                let segment = address.bytes(ByteRange(start, count: end - start))
                let isTaken =
                    switch segments[pattern] {
                    case .literal(let range): mine.bytes(range).isEqual(to: segment)
                    case .wildcard(let range): PatternMatcher.segment(mine.bytes(range), matches: segment)
                    case .anyNumber: false
                    }
                return isTaken ? end + 1 : nil
            })
    }

    /// Whether every address that `other` can match is one that this matches: how a scope is held against a SUBSCRIBE.
    ///
    /// Decided segment by segment, so it errs on the side of no: `/a/*b` is not seen to cover `/a/*bb`.
    public func covers(_ other: Pattern) -> Bool {
        let mine = bytes.rawSpan
        let theirs = other.bytes.rawSpan
        return PatternMatcher.matches(
            pattern: segments.count, text: 0..<other.segments.count,
            isStar: { segments[$0] == .anyNumber },
            take: { pattern, text in
                let isTaken =
                    switch (segments[pattern], other.segments[text]) {
                    case (_, .anyNumber), (.anyNumber, _):
                        false
                    case (.literal(let one), .literal(let two)):
                        mine.bytes(one).isEqual(to: theirs.bytes(two))
                    case (.wildcard(let one), .literal(let two)):
                        PatternMatcher.segment(mine.bytes(one), matches: theirs.bytes(two))
                    case (.literal, .wildcard):
                        false
                    case (.wildcard(let one), .wildcard(let two)):
                        one.count == 1 || mine.bytes(one).isEqual(to: theirs.bytes(two))
                    }
                return isTaken ? text + 1 : nil
            })
    }
}
