import RelayProtocol
import Testing

@Suite struct `Addresses` {
    static let table: [(address: String, isValid: Bool)] = [
        ("/a", true), ("/a/b", true), ("/a/", true), ("/", true), ("/a/./..", true), ("/é/日", true), ("/ ", true),
        ("/a b", true), ("/" + String(repeating: "a", count: 1_023), true),
        ("", false), ("a", false), ("a/b", false), ("//", false), ("//a", false), ("/a//b", false), ("/a//", false),
        ("/*", false), ("/a/**", false), ("/a*b", false), ("/" + String(repeating: "a", count: 1_024), false),
    ]

    @Test(arguments: table)
    func `keep to the rules`(address: String, isValid: Bool) {
        #expect(Address.isValid(Array(address.utf8).rawSpan) == isValid)
    }

    @Test(arguments: [
        ("/", [""]), ("/a", ["a"]), ("/a/b", ["a", "b"]), ("/a/", ["a", ""]), ("/日/é", ["日", "é"]),
    ])
    func `are walked by segment`(address: String, expected: [String]) {
        let bytes = Array(address.utf8)
        var cursor = SegmentCursor()
        var segments: [String] = []
        while let range = cursor.next(in: bytes.rawSpan) { segments.append(bytes.rawSpan.bytes(range).text) }
        #expect(segments == expected)
    }
}
