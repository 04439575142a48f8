import Relay
import RelayJSON
import Testing

@Suite struct `Write rules` {
    struct Trial: Sendable, CustomTestStringConvertible {
        let name: String
        let check: JSONValue
        var state: [String: JSONValue] = [:]
        var value: JSONValue = ["owner": "alice"]
        /// Nil where the write passes, else a part of the text.
        let refusal: String?

        var testDescription: String { name }

        init(
            _ name: String, _ check: JSONValue, state: [String: JSONValue] = [:], value: JSONValue? = nil,
            _ refusal: String?
        ) {
            self.name = name
            self.check = check
            self.state = state
            self.refusal = refusal
            if let value { self.value = value }
        }
    }

    static let owner: JSONValue = ["type": "state_field_equals_session", "lookup": "/r/{x}/meta", "field": "owner"]
    static let ownerOrNew: JSONValue = [
        "type": "state_field_equals_session", "lookup": "/r/{x}/meta", "field": "owner", "allow_if_missing": true,
    ]
    static let entry: JSONValue = ["type": "state_not_null", "lookup": "/r/{x}/admin/{session}"]
    static let either: JSONValue = ["type": "either_state_not_null", "lookup_a": "/f/{x}", "lookup_b": "/g/{session}"]
    static let value: JSONValue = ["type": "value_field_equals_session", "field": "owner"]
    static let required: JSONValue = ["type": "require_value_field", "field": "owner"]
    static let segment: JSONValue = ["type": "segment_equals_session", "segment": "who"]
    static let place: JSONValue = [
        "type": "reject_unless_path_matches", "pattern": "/r/*/exact", "message": "Not there.",
    ]

    /// Judged at `/r/1/bob` under the path `/r/{x}/{who}`, written by alice.
    static let trials: [Trial] = [
        Trial("the stored field names the subject", owner, state: ["/r/1/meta": ["owner": "alice"]], nil),
        Trial(
            "the stored field names another", owner, state: ["/r/1/meta": ["owner": "bob"]],
            "owner of what is stored at /r/1/meta is not your user id"),
        Trial(
            "the stored field begins like the subject", owner, state: ["/r/1/meta": ["owner": "alice2"]], "/r/1/meta"),
        Trial("the stored field is a number", owner, state: ["/r/1/meta": ["owner": 1]], "has no text owner"),
        Trial("the stored map lacks the field", owner, state: ["/r/1/meta": [:]], "has no text owner"),
        Trial("what is stored is no map", owner, state: ["/r/1/meta": "alice"], "has no text owner"),
        Trial("nothing is stored", owner, "there is nothing at /r/1/meta"),
        Trial("another place is stored", owner, state: ["/r/2/meta": ["owner": "alice"]], "there is nothing"),
        Trial("nothing is stored, and that is allowed", ownerOrNew, nil),
        Trial("a stored null is not missing", ownerOrNew, state: ["/r/1/meta": nil], "has no text owner"),
        Trial(
            "missing is allowed but another is there", ownerOrNew, state: ["/r/1/meta": ["owner": "bob"]], "not your"),
        Trial(
            "of two members with one name the last counts", owner,
            state: ["/r/1/meta": .object([JSONMember("owner", "alice"), JSONMember("owner", "bob")])], "not your"),
        Trial(
            "the last member counts, also when it is no text", owner,
            state: ["/r/1/meta": .object([JSONMember("owner", "alice"), JSONMember("owner", 1)])], "has no text"),
        Trial("the entry exists", entry, state: ["/r/1/admin/alice": ["role": "admin"]], nil),
        Trial("the entry may be anything but null", entry, state: ["/r/1/admin/alice": false], nil),
        Trial("the entry is null", entry, state: ["/r/1/admin/alice": nil], "there is nothing at /r/1/admin/alice"),
        Trial("the entry is missing", entry, "there is nothing at /r/1/admin/alice"),
        Trial("the entry is another's", entry, state: ["/r/1/admin/bob": true], "/r/1/admin/alice"),
        Trial("the first of two exists", either, state: ["/f/1": 1], nil),
        Trial("the second of two exists", either, state: ["/g/alice": 1], nil),
        Trial("both exist", either, state: ["/f/1": 1, "/g/alice": 1], nil),
        Trial("neither exists", either, "there is nothing at /f/1 nor at /g/alice"),
        Trial("both are null", either, state: ["/f/1": nil, "/g/alice": nil], "nor at /g/alice"),
        Trial("the value names the subject", value, nil),
        Trial("the value names another", value, value: ["owner": "bob"], "owner of the value is bob"),
        Trial("the value lacks the field", value, value: ["other": "alice"], "the value has no text owner"),
        Trial("the value's field is no text", value, value: ["owner": ["alice"]], "the value has no text owner"),
        Trial("the value is no map", value, value: ["alice"], "the value has no text owner"),
        Trial("the value is null", value, value: .null, "the value has no text owner"),
        Trial("the required field is there", required, value: ["owner": ""], nil),
        Trial("the required field is missing", required, value: [:], "the value has no text owner"),
        Trial("the required field is no text", required, value: ["owner": 1], "the value has no text owner"),
        Trial("the segment is another", segment, "who in the address is bob"),
        Trial("the path has no such segment", ["type": "segment_equals_session", "segment": "nope"], "no {nope}"),
        Trial("the address is elsewhere", place, "Not there."),
    ]

    @Test(arguments: trials) func `a check passes or says why not`(trial: Trial) throws {
        let kit = try PolicyKit(rule: ["path": "/r/{x}/{who}", "checks": [trial.check]], state: trial.state)
        let refusal = kit.refusal(of: "/r/1/bob", trial.value)
        guard let expected = trial.refusal else {
            #expect(refusal == nil)
            return
        }
        let text = try #require(refusal).text
        #expect(text.contains(expected))
        if expected == "Not there." {
            #expect(text == expected, "the message is spoken as it is")
        } else {
            #expect(text.hasPrefix("write_rules[0] (/r/{x}/{who}), "))
            #expect(text.contains(trial.check["type"]?.string ?? "?"))
        }
    }

    @Test func `a segment that is the subject passes, and so does the right place`() throws {
        let kit = try PolicyKit(rule: ["path": "/r/{x}/{who}", "checks": [Self.segment, Self.place]])
        #expect(kit.refusal(of: "/r/1/alice")?.text == "Not there.")
        #expect(
            try PolicyKit(rule: ["path": "/r/{x}/{who}", "checks": [Self.segment]]).refusal(of: "/r/1/alice") == nil)
        #expect(try PolicyKit(rule: ["path": "/r/**", "checks": [Self.place]]).refusal(of: "/r/1/exact") == nil)
    }

    @Test func `the first rule whose path matches decides, and no other`() throws {
        let kit = try PolicyKit([
            "write_rules": [
                ["path": "/a/{x}", "checks": []], ["path": "/a/**", "checks": [Self.value]],
                ["path": "/a/b", "checks": [Self.place]],
            ]
        ])
        #expect(kit.refusal(of: "/a/b") == nil)
        #expect(kit.refusal(of: "/a/b/c")?.rule == 1)
        #expect(kit.refusal(of: "/b") == nil)
    }

    @Test func `without a subject nothing is refused`() throws {
        let kit = try PolicyKit(rule: ["path": "/**", "checks": [Self.place]])
        #expect(kit.refusal(of: "/x", by: nil) == nil)
        #expect(kit.refusal(of: "/x") != nil)
    }

    @Test func `any needs one, reports the first, and is content with none`() throws {
        func kit(_ checks: JSONValue...) throws -> PolicyKit {
            try PolicyKit(rule: ["path": "/r/{x}/{who}", "mode": "any", "checks": .array(checks)])
        }
        #expect(try kit(Self.entry, Self.value).refusal(of: "/r/1/bob", ["owner": "alice"]) == nil)
        #expect(try kit(Self.value, Self.entry).refusal(of: "/r/1/bob", ["owner": "alice"]) == nil)
        #expect(try kit(Self.entry, Self.place).refusal(of: "/r/1/bob")?.text.contains("state_not_null") == true)
        #expect(try kit(Self.place, Self.entry).refusal(of: "/r/1/bob")?.text == "Not there.")
        #expect(try kit().refusal(of: "/r/1/bob") == nil)
    }

    @Test func `all needs each and reports the first that fails`() throws {
        let kit = try PolicyKit(rule: ["path": "/r/{x}/{who}", "checks": [Self.value, Self.entry, Self.place]])
        let text = kit.refusal(of: "/r/1/bob", ["owner": "alice"])?.text
        #expect(text?.contains("state_not_null") == true)
    }

    @Test func `null passes where it is allowed, but not the pre-checks`() throws {
        let rule: JSONValue = [
            "path": "/r/{x}/{who}", "pre_checks": [Self.segment], "allow_null_write": true, "checks": [Self.value],
        ]
        let kit = try PolicyKit(rule: rule)
        #expect(kit.refusal(of: "/r/1/alice", nil) == nil)
        #expect(kit.refusal(of: "/r/1/alice", false) != nil)
        #expect(kit.refusal(of: "/r/1/bob", nil)?.text.contains("segment_equals_session") == true)
        #expect(kit.refusal(of: "/r/1/bob", ["owner": "alice"])?.text.contains("segment_equals_session") == true)
    }

    @Test func `pre-checks must all pass, whatever the mode`() throws {
        let rule: JSONValue = [
            "path": "/r/{x}/{who}", "mode": "any", "pre_checks": [Self.value, Self.entry], "checks": [],
        ]
        #expect(
            try PolicyKit(rule: rule).refusal(of: "/r/1/bob", ["owner": "alice"])?.text.contains("state_not_null")
                == true)
    }

    @Test func `a long value is cut in the text`() throws {
        let kit = try PolicyKit(rule: ["path": "/**", "checks": [Self.value]])
        let text = try #require(kit.refusal(of: "/x", ["owner": .string(String(repeating: "é", count: 20_000))])).text
        #expect(text.utf8.count < 400)
    }
}
