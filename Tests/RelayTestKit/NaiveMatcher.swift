/// The rules of matching and covering, word for word, as slow as they come: what the real matcher is compared with.
///
/// It knows nothing of the project, so that a fuzz target can be compiled with it.
package enum NaiveMatcher {
    package typealias Text = [UInt8]

    package static func matches(_ pattern: Text, _ address: Text) -> Bool {
        matches(segments(pattern)[...], segments(address)[...], covering: false)
    }

    /// Whether one pattern covers another, decided segment by segment.
    package static func covers(_ pattern: Text, _ other: Text) -> Bool {
        matches(segments(pattern)[...], segments(other)[...], covering: true)
    }

    private static func matches(_ pattern: ArraySlice<Text>, _ text: ArraySlice<Text>, covering: Bool) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == starStar {
            return matches(pattern.dropFirst(), text, covering: covering)
                || (!text.isEmpty && matches(pattern, text.dropFirst(), covering: covering))
        }
        guard let segment = text.first else { return false }
        return (covering ? covers(segment: first, segment) : glob(first[...], segment[...]))
            && matches(pattern.dropFirst(), text.dropFirst(), covering: covering)
    }

    private static func covers(segment pattern: Text, _ other: Text) -> Bool {
        if other == starStar { return false }
        if pattern == [star] || pattern == other { return true }
        return !other.contains(star) && glob(pattern[...], other[...])
    }

    private static func glob(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == star {
            return glob(pattern.dropFirst(), text) || (!text.isEmpty && glob(pattern, text.dropFirst()))
        }
        return text.first == first && glob(pattern.dropFirst(), text.dropFirst())
    }

    private static func segments(_ text: Text) -> [Text] {
        text.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
    }

    private static let star = UInt8(ascii: "*")
    private static let starStar = [star, star]
}
