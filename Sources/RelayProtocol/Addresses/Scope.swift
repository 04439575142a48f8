/// What a token allows: an action and the addresses it holds for, written `read:/chat/**`.
public struct Scope: Sendable {
    public enum Action: Sendable, Equatable {
        case read
        /// Implies read of the same addresses by GET, not by SUBSCRIBE.
        case write
        /// Implies both.
        case admin
    }

    public let action: Action
    public let pattern: Pattern
    /// In a scope a trailing `/**` means what is below: `read:/a/**` does not reach `/a`, as existing relays have it.
    /// Then this is the pattern with one more segment demanded, `/a/**/*`.
    private let below: Pattern?

    /// Nil for what is no scope; whoever issues tokens skips those.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        switch text[..<colon].lowercased() {
        case "read", "r": action = .read
        case "write", "w": action = .write
        case "admin", "a", "*": action = .admin
        default: return nil
        }
        guard let pattern = Pattern(String(text[text.index(after: colon)...])) else { return nil }
        self.pattern = pattern
        below = pattern.isOpen ? pattern.withOneMoreSegment : nil
    }

    public func allowsReading(_ address: RawSpan) -> Bool { (below ?? pattern).matches(address) }

    public func allowsWriting(_ address: RawSpan) -> Bool { action != .read && allowsReading(address) }

    /// SUBSCRIBE and REPLAY: the scope must cover all that the pattern could ever match. Write is not enough here.
    public func allowsSubscribing(to pattern: Pattern) -> Bool {
        guard action != .write, self.pattern.covers(pattern) else { return false }
        guard let below, !pattern.isOpen else { return true }
        return below.covers(pattern)
    }
}
