/// What a SUBSCRIBE, QUERY or scope asks for: an address whose segments may hold `*`, or be `**`.
///
/// `*` takes any bytes inside a segment, also none; `**` as a whole segment takes any number of segments, also none.
/// Everything else is literal.
package struct Pattern: Sendable {
    package enum Segment: Equatable, Sendable {
        case literal(ByteRange)
        /// `*` somewhere in it.
        case wildcard(ByteRange)
        /// `**`.
        case anyNumber
    }

    package let bytes: [UInt8]
    package let segments: [Segment]

    /// Nil for what is not a pattern: empty, no leading `/`, an empty segment inside, or longer than an address may be.
    package init?(_ text: RawSpan) {
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

    package init?(_ text: String) {
        self.init(Array(text.utf8).rawSpan)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether it names one address only.
    package var isExact: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// Whether it ends in `/**`.
    package var isOpen: Bool { segments.last == .anyNumber }

    package func matches(_ address: RawSpan) -> Bool {
        guard address.byteCount > 0, address.byte(at: 0) == Address.separator else { return false }
        let mine = bytes.rawSpan
        return PatternMatcher.matches(
            pattern: segments.count, text: 1..<address.byteCount + 1,
            next: { address.endOfSegment(from: $0) + 1 },
            isStar: { segments[$0] == .anyNumber },
            matches: { pattern, start in
                let segment = ByteRange(start, count: address.endOfSegment(from: start) - start)
                return switch segments[pattern] {
                case .literal(let range): mine.bytes(range).isEqual(to: address.bytes(segment))
                case .wildcard(let range):
                    PatternMatcher.segment(mine.bytes(range), matches: address.bytes(segment))
                case .anyNumber: false
                }
            })
    }

    /// Whether every address that `other` can match is one that this matches: how a scope is held against a SUBSCRIBE.
    ///
    /// Decided segment by segment, so it errs on the side of no: `/a/*b` is not seen to cover `/a/*bb`.
    package func covers(_ other: Pattern) -> Bool {
        let mine = bytes.rawSpan
        let theirs = other.bytes.rawSpan
        return PatternMatcher.matches(
            pattern: segments.count, text: 0..<other.segments.count,
            isStar: { segments[$0] == .anyNumber },
            matches: { pattern, text in
                switch (segments[pattern], other.segments[text]) {
                case (_, .anyNumber), (.anyNumber, _):
                    return false
                case (.literal(let one), .literal(let two)):
                    return mine.bytes(one).isEqual(to: theirs.bytes(two))
                case (.wildcard(let one), .literal(let two)):
                    return PatternMatcher.segment(mine.bytes(one), matches: theirs.bytes(two))
                case (.literal, .wildcard):
                    return false
                case (.wildcard(let one), .wildcard(let two)):
                    let range = mine.bytes(one)
                    return range.byteCount == 1 || range.isEqual(to: theirs.bytes(two))
                }
            })
    }
}
