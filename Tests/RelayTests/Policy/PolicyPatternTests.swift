import Relay
import Testing

@Suite struct `Paths of rules` {
    @Test(arguments: [
        ("/a/b", "/a/b", true), ("/a/b", "/a/c", false), ("/a/b", "/a", false), ("/a/b", "/a/b/c", false),
        ("/a/b", "/a/b/", false), ("/a/b", "/A/b", false), ("/a/b", "/ab", false), ("/a/b", "/a/bc", false),
        ("/a/*", "/a/b", true), ("/a/*", "/a/", true), ("/a/*", "/a", false), ("/a/*", "/a/b/c", false),
        ("/*/b", "/a/b", true), ("/*/b", "//b", true), ("/*/b", "/b", false), ("/*", "/", true), ("*", "", true),
        ("/a/{x}", "/a/b", true), ("/a/{x}", "/a/", true), ("/a/{x}", "/a", false), ("/a/{x}/c", "/a/b/c", true),
        ("/a/{x}/c", "/a/b/d", false), ("/{x}/{y}", "/a/b", true), ("{x}", "/a", false), ("{x}/{y}", "/a", true),
        ("/a/**", "/a", true), ("/a/**", "/a/", true), ("/a/**", "/a/b/c", true), ("/a/**", "/ab", false),
        ("/a/**", "/", false), ("/**", "/", true), ("/**", "/a/b", true), ("**", "", true), ("**", "/a", true),
        ("/a/{x}/**", "/a/b", true), ("/a/{x}/**", "/a", false), ("/a/{x}/**", "/a/b/c/d", true),
        // What follows `**` is not looked at.
        ("/a/**/z", "/a/b", true), ("/a/**/z", "/a", true),
        // Beside other characters they are ordinary ones.
        ("/a/b*", "/a/bc", false), ("/a/b*", "/a/b*", true), ("/a/**b", "/a/**b", true), ("/a/**b", "/a/x/b", false),
        ("/a/x{y}", "/a/xz", false), ("/a/x{y}", "/a/x{y}", true), ("/a/{", "/a/{", true), ("/a/{", "/a/b", false),
        ("/a/}{", "/a/b", false), ("", "", true), ("", "/", false), ("/", "/", true), ("/", "", false),
        ("/é", "/é", true), ("/e\u{301}", "/\u{E9}", false), ("/\u{E9}", "/e\u{301}", false),
    ])
    func `a path takes an address or not`(path: String, address: String, isMatch: Bool) {
        #expect(PathPattern(path).matches(address) == isMatch)
    }

    /// The prefix comparison must not change any answer: every path is held against every address, and against a
    /// comparison of split texts.
    @Test func `short paths and addresses all agree with splitting`() {
        let pieces = ["", "a", "b", "ab"]
        let special = pieces + ["*", "{x}", "**"]
        func texts(_ pieces: [String]) -> [String] {
            let one = pieces
            let two = one.flatMap { first in pieces.map { "\(first)/\($0)" } }
            return one + two + two.flatMap { first in pieces.map { "\(first)/\($0)" } }
        }
        var differences: [String] = []
        for path in texts(special) {
            let pattern = PathPattern(path)
            for address in texts(pieces) where pattern.matches(address) != split(path, matches: address) {
                differences.append("\(path) \(address)")
            }
        }
        #expect(differences == [])
    }

    private func split(_ path: String, matches address: String) -> Bool {
        let path = path.split(separator: "/", omittingEmptySubsequences: false)
        let address = address.split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in path.enumerated() {
            if segment == "**" { return true }
            guard index < address.count else { return false }
            if segment != "*", segment != "{x}", segment != address[index] { return false }
        }
        return path.count == address.count
    }
}
