/// What a token allows: an action and the addresses it holds for, written `read:/chat/**`.
package struct Scope: Sendable {
    package enum Action: Sendable, Equatable {
        case read
        /// Implies read of the same addresses by GET, not by SUBSCRIBE.
        case write
        /// Implies both.
        case admin
    }

    package let action: Action
    package let pattern: Pattern
    /// In a scope a trailing `/**` means what is below: `read:/a/**` does not reach `/a`, as existing relays have it.
    /// Then this is the pattern with one more segment demanded, `/a/**/*`.
    private let below: Pattern?

    /// Nil for what is no scope; whoever issues tokens skips those.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        switch text[..<colon].lowercased() {
        case "read", "r": action = .read
        case "write", "w": action = .write
        case "admin", "a", "*": action = .admin
        default: return nil
        }
        guard let pattern = Pattern(String(text[text.index(after: colon)...])) else { return nil }
        self.pattern = pattern
        if pattern.isOpen {
            guard let below = Pattern(pattern.text + "/*") else { return nil }
            self.below = below
        } else {
            below = nil
        }
    }

    package func allowsReading(_ address: RawSpan) -> Bool { (below ?? pattern).matches(address) }

    package func allowsWriting(_ address: RawSpan) -> Bool { action != .read && allowsReading(address) }

    /// SUBSCRIBE and REPLAY: the scope must cover all that the pattern could ever match. Write is not enough here.
    package func allowsSubscribing(to pattern: Pattern) -> Bool {
        guard action != .write, self.pattern.covers(pattern) else { return false }
        guard let below, !pattern.isOpen else { return true }
        return below.covers(pattern)
    }
}
