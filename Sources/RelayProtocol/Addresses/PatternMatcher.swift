/// The one matcher, for live delivery, snapshots, QUERY, REPLAY and scopes alike.
///
/// It works twice with one algorithm: on segments, where `**` stands for any number of them, and inside a segment,
/// where `*` stands for any number of bytes. A star takes as little as it can; when the rest does not fit, the *latest*
/// star takes one more. Earlier stars need never be revisited, so the time is at most pattern × text, also for
/// `/**/a/**/a/**/a`.
public enum PatternMatcher {
    /// - Parameters:
    ///   - pattern: how many items the pattern has.
    ///   - text: positions of the text's first item and behind its last.
    ///   - next: the position after one.
    ///   - isStar: whether the pattern's item takes any number of the text's items.
    ///   - take: the position behind the text's item when the pattern's item, not a star, takes it; else nil.
    @inline(__always)
    static func matches(
        pattern: Int, text: Range<Int>, next: (Int) -> Int = { $0 + 1 },
        isStar: (Int) -> Bool, take: (_ pattern: Int, _ text: Int) -> Int?
    ) -> Bool {
        var patternIndex = 0
        var position = text.lowerBound
        var latestStar: (pattern: Int, position: Int)?
        while position < text.upperBound {
            if patternIndex < pattern {
                if isStar(patternIndex) {
                    latestStar = (patternIndex, position)
                    patternIndex += 1
                    continue
                }
                if let behind = take(patternIndex, position) {
                    patternIndex += 1
                    position = behind
                    continue
                }
            }
            guard let star = latestStar else { return false }
            position = next(star.position)
            latestStar = (star.pattern, position)
            patternIndex = star.pattern + 1
        }
        while patternIndex < pattern, isStar(patternIndex) { patternIndex += 1 }
        return patternIndex == pattern
    }

    /// Whether one segment of a pattern takes one segment of an address.
    public static func segment(_ pattern: RawSpan, matches text: RawSpan) -> Bool {
        matches(
            pattern: pattern.byteCount, text: 0..<text.byteCount,
            isStar: { pattern.byte(at: $0) == Address.wildcard },
            take: { pattern.byte(at: $0) == text.byte(at: $1) ? $1 + 1 : nil })
    }
}
