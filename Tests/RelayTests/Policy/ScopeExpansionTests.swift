import Relay
import RelayAuth
import RelayProtocol
import RelayTestKit
import Testing

/// Ids go into scope templates, so an id must never mean more than itself.
@Suite struct `An id in a scope` {
    private static let hostile = [
        "*", "**", "/", "a/b", "../x", "{userId}", "{session}", "a*", "#", "+", "a b", "", "é", "\u{0}", "a\nread:/**",
        "x:y", "%2F", "a.b", "\u{202E}", "－", "🦀",
    ]

    @Test func `never widens it`() throws {
        let config = try AppConfig(
            parsing: Array(
                #"{"scopes":["read:/u/{userId}/**","write:/u/{userId}","write:/r/*/p/{userId}","read:/x-{userId}/*"]}"#
                    .utf8))
        let plain = Array("ABCXYZabcxyz0189_-".unicodeScalars)
        var random = SeededRandom(seed: 13)
        var accepted = 0
        for index in 0..<20_000 {
            var id = ""
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                if let letter = plain.randomElement(using: &random) { id.unicodeScalars.append(letter) }
            }
            if index % 2 == 0, let piece = Self.hostile.randomElement(using: &random) {
                id.insert(contentsOf: piece, at: id.indices.randomElement(using: &random) ?? id.startIndex)
            }
            let scopes = SessionScopes(config.scopes.scopes(for: id))
            guard UserID.isValid(id.utf8) else {
                #expect(scopes.scopes.isEmpty, "\(id)")
                continue
            }
            accepted += 1
            let isOwnOnly =
                scopes.scopes.count == 4 && scopes.allowsReading("/u/\(id)/a/b") && scopes.allowsWriting("/u/\(id)")
                && scopes.allowsWriting("/r/room/p/\(id)") && !scopes.allowsReading("/u/\(id)x/a")
                && !scopes.allowsReading("/u/other-id-of-nine/a") && !scopes.allowsWriting("/u/other-id-of-nine")
                && !scopes.allowsWriting("/r/room/p/other-id-of-nine") && !scopes.allowsWriting("/u/\(id)/a")
            if !isOwnOnly { Issue.record("\(id) means more or less than itself") }
        }
        #expect(accepted > 5_000)
    }
}
