import Foundation
import Relay
import RelayJSON
import Testing

/// The chat application's config, as it ships, on the cases that ship beside it.
@Suite struct `The chat application` {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("deploy/relay/config")

    private static func contents(of name: String) -> [UInt8] {
        (try? Data(contentsOf: folder.appendingPathComponent(name))).map { [UInt8]($0) } ?? []
    }

    static let text = contents(of: "chat.json")
    static let cases = contents(of: "chat.cases.jsonl").split(separator: UInt8(ascii: "\n")).map { Array($0) }

    @Test func `its config is without fault and without note`() throws {
        let config = try AppConfig(parsing: Self.text)
        #expect(config.notes.isEmpty)
        #expect(config.scopes.texts(for: "u").count == 22)
        #expect(config.scopes.texts(for: "u").count { $0.hasPrefix("read:") } == 5)
        #expect(config.policy.writeRules.count == 8)
        #expect(config.policy.transforms.count == 1)
        #expect(config.policy.visibility.count == 9)
        #expect(config.policy.presence.count == 2)
        #expect(config.policy.history.count == 1)
        #expect(config.attempts == AttemptLimits())
    }

    @Test func `there are cases`() { #expect(Self.cases.count >= 80) }

    @Test(arguments: cases.indices) func `a case`(number: Int) throws {
        let config = try AppConfig(parsing: Self.text)
        let test = try PolicyCase(parsing: Self.cases[number])
        let verdict = PolicyVerdict(of: test, by: config)
        #expect(verdict.fits(test), "\(test.name ?? ""): \(verdict.decision), \(verdict.rule)")
        #expect(!verdict.rule.isEmpty)
    }

    /// A check that cannot fail is none: turned round, every case must fail.
    @Test func `no case passes the other way round`() throws {
        let config = try AppConfig(parsing: Self.text)
        for line in Self.cases {
            let json = try JSONValue(parsing: line)
            let turned: JSONValue = json["expected"]?.string == "allow" ? "deny" : "allow"
            let members = (json.object ?? []).map { $0.key == "expected" ? JSONMember("expected", turned) : $0 }
            let test = try PolicyCase(parsing: JSONValue.object(members).encoded())
            #expect(!PolicyVerdict(of: test, by: config).fits(test))
        }
    }

    @Test(arguments: [
        ("[]", "a case is an object"), ("{", "not JSON at byte 1"), (#"{"action":"fly"}"#, "\"action\" must be"),
        (#"{"action":"read","address":1}"#, "\"address\" must be"),
        (#"{"action":"read","address":"/a"}"#, "\"expected\" must be"),
        (#"{"action":"read","address":"/a","expected":"allow","subject":1}"#, "\"subject\" must be"),
        (#"{"action":"read","address":"/a","expected":"allow","state":[]}"#, "\"state\" must be"),
    ])
    func `a line that is no case says why`(line: String, sentence: String) {
        let error = #expect(throws: PolicyCaseError.self) { try PolicyCase(parsing: Array(line.utf8)) }
        #expect(error?.sentence.contains(sentence) == true)
    }
}
