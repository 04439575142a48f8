import RelayProtocol
import Testing

@Suite struct `Scopes` {
    static let texts: [(text: String, action: Scope.Action?)] = [
        ("read:/a", .read), ("r:/a", .read), ("READ:/a", .read), ("write:/a/**", .write), ("w:/a", .write),
        ("W:/a", .write), ("admin:/**", .admin), ("a:/**", .admin), ("*:/**", .admin), ("Admin:/x", .admin),
        ("read:/a:b", .read),
        ("read:**", nil), ("read:", nil), ("read", nil), (":/a", nil), ("", nil), ("own:/a", nil), ("read:a", nil),
        ("read:/a//b", nil), (" read:/a", nil), ("read: /a", nil),
        ("read:/" + String(repeating: "a", count: 1_024), nil),
        ("read:/" + String(repeating: "a", count: 1_020) + "/**", .read),
    ]

    @Test(arguments: texts)
    func `are read from their text`(text: String, action: Scope.Action?) {
        #expect(Scope(text)?.action == action)
    }

    struct Case: Sendable, CustomStringConvertible {
        let scope: String
        let address: String
        let reads: Bool
        let writes: Bool
        var description: String { "\(scope) on \(address)" }
    }

    static let addresses = [
        Case(scope: "read:/a", address: "/a", reads: true, writes: false),
        Case(scope: "write:/a", address: "/a", reads: true, writes: true),
        Case(scope: "admin:/a", address: "/a", reads: true, writes: true),
        Case(scope: "read:/a/*", address: "/a/b", reads: true, writes: false),
        Case(scope: "write:/a/*", address: "/a/b/c", reads: false, writes: false),
        Case(scope: "write:/a/**", address: "/a/b/c", reads: true, writes: true),
        Case(scope: "write:/a/**", address: "/a/", reads: true, writes: true),
        // Below, not itself.
        Case(scope: "write:/a/**", address: "/a", reads: false, writes: false),
        Case(scope: "admin:/a/**", address: "/a", reads: false, writes: false),
        Case(scope: "admin:/**", address: "/a", reads: true, writes: true),
        Case(scope: "admin:/**", address: "/", reads: true, writes: true),
        Case(scope: "read:/a/**/c", address: "/a/c", reads: true, writes: false),
        Case(scope: "read:/user/*/profile", address: "/user/7/profile", reads: true, writes: false),
        Case(scope: "read:/user/*/profile", address: "/user/7/key", reads: false, writes: false),
        // An address is not a pattern, and a pattern is not an address.
        Case(scope: "read:/a/*", address: "/a/**", reads: true, writes: false),
    ]

    @Test(arguments: addresses)
    func `hold for an address`(entry: Case) throws {
        let scope = try #require(Scope(entry.scope))
        let address = Array(entry.address.utf8)
        #expect(scope.allowsReading(address.rawSpan) == entry.reads)
        #expect(scope.allowsWriting(address.rawSpan) == entry.writes)
    }

    static let subscriptions: [(scope: String, pattern: String, allows: Bool)] = [
        ("read:/chat/room/**", "/chat/room/*/messages", true), ("read:/chat/room/**", "/chat/room/**", true),
        ("read:/chat/room/**", "/chat/**", false), ("read:/chat/room/**", "/chat/room/7", true),
        ("read:/chat/room/**", "/chat/room", false), ("read:/chat/room/**", "/chat/room/", true),
        ("read:/chat/user/*/profile", "/chat/user/*/profile", true),
        ("read:/chat/user/*/profile", "/chat/user/7/profile", true),
        ("read:/chat/user/*/profile", "/chat/user/**", false),
        // The reference takes the text `**` for an address that `*` matches.
        ("read:/a/*", "/a/**", false), ("read:/a/*", "/a/*", true), ("read:/a/*", "/a/b", true),
        ("read:/**", "/**", true), ("read:/**", "/a/*/b*", true),
        ("read:/a/b*", "/a/b1", true), ("read:/a/b*", "/a/*", false), ("read:/a/b*", "/a/b*", true),
        ("read:/a/**", "/a/**/b", true), ("read:/a/**", "/a/*/**", true), ("read:/a", "/a", true),
        ("read:/a", "/a/**", false),
        ("admin:/**", "/a/**", true), ("admin:/a/**", "/b", false),
        ("write:/**", "/a", false), ("write:/a", "/a", false),
    ]

    @Test(arguments: subscriptions)
    func `hold for a subscription when they cover all of it`(scope: String, pattern: String, allows: Bool) throws {
        let wanted = try #require(Pattern(pattern))
        #expect(try #require(Scope(scope)).allowsSubscribing(to: wanted) == allows)
    }
}
