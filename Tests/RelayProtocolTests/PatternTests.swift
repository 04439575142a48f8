import RelayTestKit
import Testing

@testable import RelayProtocol

extension Pattern {
    fileprivate func matches(_ address: String) -> Bool { matches(Array(address.utf8).rawSpan) }
}

@Suite struct `Patterns` {
    // What we decided where the reference's two matchers disagree.
    static let table: [(pattern: String, address: String, matches: Bool)] = [
        ("/a/*", "/a/b", true), ("/a/*", "/a/", true), ("/a/*", "/a/b/c", false), ("/a/*", "/a", false),
        ("/a/**", "/a/b/c", true), ("/a/**", "/a/", true), ("/a/**", "/a", true), ("/a/**", "/ab", false),
        ("/**", "/", true), ("/**", "/a", true), ("/**", "/a/b/c", true), ("/**", "/a/", true),
        ("/a/**/c", "/a/c", true), ("/a/**/c", "/a/b/c", true), ("/a/**/c", "/a/b/x/c", true),
        ("/a/**/c", "/a/bc", false), ("/a/**/c", "/a/c/d", false),
        ("/a/**/c/**", "/a/c", true), ("/a/**/c/**", "/a/x/c/y/z", true), ("/a/**/c/**", "/a", false),
        ("/a/**/*/c", "/a/b/c", true), ("/a/**/*/c", "/a/b/d/c", true), ("/a/**/*/c", "/a/c", false),
        ("/a/*/**", "/a/b/c", true), ("/a/*/**", "/a/b", true), ("/a/*/**", "/a", false),
        ("/a/**/x/**/y", "/a/x/y", true), ("/a/**/x/**/y", "/a/b/x/c/d/y", true), ("/a/**/x/**/y", "/a/y/x", false),
        ("/a/zone*", "/a/zone5", true), ("/a/zone*", "/a/zone", true), ("/a/zone*", "/a/zon", false),
        ("/a/zone*", "/a/zone5/x", false),
        ("/a/x*z", "/a/xyz", true), ("/a/x*z", "/a/xz", true), ("/a/x*z", "/a/xzy", false), ("/a/x*z", "/a/x", false),
        ("/a/zone*/x", "/a/zone5/x", true), ("/a/*b*c*", "/a/xxbyyczz", true), ("/a/*b*c*", "/a/cb", false),
        // Two stars inside a segment are two stars, and stay inside it.
        ("/a/**b", "/a/xb", true), ("/a/**b", "/a/x/b", false), ("/a/b**", "/a/bx", true), ("/a/b**", "/a/b/x", false),
        ("/a**", "/ab", true), ("/a**", "/a/b", false), ("/***", "/a", true), ("/***", "/a/b", false),
        // Everything else is itself.
        ("/a/?", "/a/?", true), ("/a/?", "/a/b", false), ("/a/[bc]", "/a/[bc]", true), ("/a/[bc]", "/a/b", false),
        ("/a/{b,c}", "/a/b", false), ("/a/{b,c}", "/a/{b,c}", true), ("/a/\\*", "/a/\\x", true), ("/!a", "/!a", true),
        ("/!a", "/b", false), ("/a.b", "/axb", false), ("/a/../b", "/a/../b", true), ("/a/../b", "/b", false),
        ("/A", "/a", false), ("/a", "/a/", false), ("/a/", "/a", false), ("/a/", "/a/", true), ("/", "/", true),
        ("/é", "/e\u{301}", false), ("/é*", "/éa", true), ("/日/*", "/日/本", true),
        ("/**", "", false), ("/**", "a", false), ("/*", "a", false),
    ]

    @Test(arguments: table)
    func `match what our table says`(pattern: String, address: String, matches: Bool) throws {
        #expect(try #require(Pattern(pattern)).matches(address) == matches)
    }

    @Test(arguments: ["", "a", "a/b", "//", "/a//b", "//a", "/a//", "/" + String(repeating: "a", count: 1_024)])
    func `that are none`(text: String) {
        #expect(Pattern(text) == nil)
    }

    @Test(arguments: ["/", "/a", "/a/", "/*", "/**", "/" + String(repeating: "a", count: 1_023)])
    func `that are some`(text: String) throws {
        #expect(try #require(Pattern(text)).text == text)
    }

    @Test func `know whether they are exact or open`() throws {
        #expect(try #require(Pattern("/a/b")).isExact)
        #expect(try !#require(Pattern("/a/*")).isExact)
        #expect(try !#require(Pattern("/a/b*")).isExact)
        #expect(try !#require(Pattern("/**")).isExact)
        #expect(try #require(Pattern("/a/**")).isOpen)
        #expect(try !#require(Pattern("/a/**/b")).isOpen)
        #expect(try !#require(Pattern("/a/b**")).isOpen)
    }

    static let covering: [(pattern: String, other: String, covers: Bool)] = [
        ("/a", "/a", true), ("/a", "/b", false), ("/a", "/*", false), ("/*", "/a", true), ("/*", "/*", true),
        ("/a/*", "/a/**", false), ("/a/**", "/a/*", true), ("/a/**", "/a/**", true), ("/a/**", "/a", true),
        ("/a/**", "/a/*/b/**", true), ("/a/**", "/**", false), ("/**", "/**", true), ("/**", "/a/*/c*", true),
        ("/a/*/c", "/a/b/c", true), ("/a/*/c", "/a/*/c", true), ("/a/*/c", "/a/**/c", false),
        ("/a/**/c", "/a/**/c", true), ("/a/**/c", "/a/**/b/c", true), ("/a/**/c", "/a/**", false),
        ("/a/zone*", "/a/zone5", true), ("/a/zone*", "/a/zone*", true), ("/a/zone*", "/a/*", false),
        ("/a/zone*", "/a/zone5*", false), ("/*", "/zone*", true), ("/zone*", "/**", false), ("/a*", "/a**", false),
    ]

    @Test(arguments: covering)
    func `cover what our table says`(pattern: String, other: String, covers: Bool) throws {
        #expect(try #require(Pattern(pattern)).covers(try #require(Pattern(other))) == covers)
    }

    // MARK: Against the rules, word for word

    private func text(_ random: inout SeededRandom, wildcards: Bool) -> String {
        let pieces = wildcards ? ["a", "b", "*", "**", "a*", "*b", "", "ab"] : ["a", "b", "ab", "ba", "", "aab"]
        return (0..<Int.random(in: 0...5, using: &random)).map { _ in
            "/" + pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }.joined()
    }

    @Test(arguments: (1...8).map { UInt64($0) &* 0xD1B5_4A32_D192_ED03 })
    func `agree with the naive matcher on random ones`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var matched = 0
        var covered = 0
        for _ in 0..<20_000 {
            let text = text(&random, wildcards: true)
            guard let pattern = Pattern(text) else { continue }
            let address = self.text(&random, wildcards: false)
            let matches = pattern.matches(address)
            if matches { matched += 1 }
            let expected = address.hasPrefix("/") && NaiveMatcher.matches(Array(text.utf8), Array(address.utf8))
            try #require(matches == expected, "seed \(seed): \(text) on \(address)")
            guard let other = Pattern(self.text(&random, wildcards: true)) else { continue }
            let covers = pattern.covers(other)
            if covers { covered += 1 }
            try #require(
                covers == NaiveMatcher.covers(pattern.bytes, other.bytes), "seed \(seed): \(text) over \(other.text)")
            // What covers a pattern matches whatever that pattern matches.
            if covers, other.matches(address) {
                try #require(matches, "seed \(seed): \(text) covers \(other.text) but not \(address)")
            }
        }
        #expect(matched > 500 && covered > 500, "the random texts hardly ever match")
    }

    // MARK: Effort

    @Test func `that would take a backtracking matcher for ever finish`() throws {
        let many = String(repeating: "/**/a", count: 200)
        let address = String(repeating: "/a", count: 500) + "/b"
        let inside = "/" + String(repeating: "*a", count: 500) + "b"
        let segment = "/" + String(repeating: "a", count: 1_000)
        #expect(try !#require(Pattern(many)).matches(address))
        #expect(try #require(Pattern(many + "/**")).matches(address))
        #expect(try !#require(Pattern(inside)).matches(segment))
        #expect(try !#require(Pattern(many)).covers(try #require(Pattern(many + "/b"))))
    }

    @Test(arguments: [1, 2, 20, 200])
    func `take no more steps than pattern times text`(_ stars: Int) {
        let pattern = Array(String(repeating: "*a", count: stars).utf8)
        let text = Array((String(repeating: "a", count: 5 * stars) + "b").utf8)
        var steps = 0
        let matches = PatternMatcher.matches(
            pattern: pattern.count, text: text.indices, isStar: { pattern[$0] == UInt8(ascii: "*") },
            take: { item, position in
                steps += 1
                return pattern[item] == text[position] ? position + 1 : nil
            })
        #expect(!matches)
        #expect(steps <= pattern.count * text.count)
    }
}
