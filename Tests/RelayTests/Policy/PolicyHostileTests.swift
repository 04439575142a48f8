import Relay
import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

/// What peers can choose freely: addresses, values, ids. Nothing of it may trap, or mean more than it says.
@Suite struct `Hostile input` {
    static let config: JSONValue = [
        "write_rules": [
            [
                "path": "/r/{a}/{b}/**", "mode": "any",
                "pre_checks": [["type": "segment_equals_session", "segment": "a"]],
                "checks": [
                    ["type": "state_field_equals_session", "lookup": "/r/{a}/{b}/{session}", "field": "f"],
                    ["type": "value_field_equals_session", "field": "f"],
                ],
            ],
            ["path": "**", "checks": [["type": "require_value_field", "field": "f"]]],
        ],
        "snapshot_transforms": [["path": "**", "redact_fields": ["f", ""]]],
        "snapshot_visibility": [
            ["path_contains": "//", "visible": false],
            ["path": "/u/{a}/**", "visible": "owner", "owner_segment": "a", "public_sub": "p"],
            ["path": "/{a}/**", "visible": "require_state_not_null", "lookup": "/{a}/{session}/{a}"],
        ],
        "presence": ["/r/{a}/**", "**"],
    ]

    @Test func `any bytes are an address to the rules`() throws {
        var random = SeededRandom(seed: 11)
        let kit = try PolicyKit(Self.config)
        let policy = kit.config.policy
        let pieces =
            [
                "/", "//", "r", "u", "a", "*", "**", "{a}", "{session}", "{", "}", "é", "\u{301}", "\u{0}", "..", "",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80]]
        for _ in 0..<5_000 {
            var address: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                address += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            var value = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...11, using: &random)
            }
            if let encoded = Value(plain: ["f": "x"]).encoded, Bool.random(using: &random) { value = encoded }
            let subject = Subject("alice")
            let rules = policy.rules(for: address.rawSpan)
            if let bytes = ValueBytes(encoded: value.rawSpan) {
                let refusal = policy.refusal(writing: address.rawSpan, value: bytes, subject: subject, state: kit.state)
                #expect(rules.writeRule != nil || refusal == nil)
            }
            _ = policy.view(of: address.rawSpan, subject: subject, state: kit.state)
            _ = policy.dependents(on: address.rawSpan)
            _ = policy.isPresence(address.rawSpan, subject: subject)
            _ = policy.redaction(of: address.rawSpan)?.encoded(value)
        }
    }

    @Test func `long addresses are judged like others`() throws {
        let kit = try PolicyKit(Self.config)
        let address = "/r/alice/" + String(repeating: "x/", count: 30_000)
        #expect(kit.refusal(of: address, ["f": "alice"]) == nil)
        let text = kit.refusal(of: address, ["f": "bob"])?.text
        #expect((text?.utf8.count ?? .max) < 1_000)
    }

    @Test func `an address named like a template fills in nothing`() throws {
        let rule: JSONValue = [
            "path": "/r/{a}/{b}", "checks": [["type": "state_not_null", "lookup": "/s/{a}"]],
        ]
        let kit = try PolicyKit(rule: rule, state: ["/s/alice": 1, "/s/open": 1, "/s/{x}": 1])
        #expect(kit.refusal(of: "/r/open/x") == nil)
        #expect(kit.refusal(of: "/r/{x}/x") == nil)
        #expect(kit.refusal(of: "/r/{session}/x")?.text.contains("there is nothing at /s/{session}") == true)
        #expect(kit.refusal(of: "/r/{b}/open")?.text.contains("there is nothing at /s/{b}") == true)
    }

    @Test func `letters that look alike are different`() throws {
        let rule: JSONValue = ["path": "/u/{id}/**", "visible": "owner", "owner_segment": "id"]
        let kit = try PolicyKit(visibility: rule)
        #expect(kit.isVisible("/u/\u{E9}", to: "\u{E9}"))
        #expect(!kit.isVisible("/u/e\u{301}", to: "\u{E9}"))
        #expect(!kit.isVisible("/u/\u{430}lice", to: "alice"))
    }

    @Test(arguments: [
        "", "/", "a/b", "*", "a*", "{session}", "a}", "a b", "a\u{0}", "a\n", "\u{7F}",
        String(repeating: "a", count: 257),
    ])
    func `what would change an address is no subject`(text: String) {
        #expect(Subject(text) == nil)
    }

    @Test(arguments: ["alice", "u-1700000000000-0a1b2c3d", "clasp:3mJr7AoUXx2Wqd", "admin-bootstrap", "é", ".."])
    func `ids of users and entities are subjects`(text: String) {
        #expect(Subject(text)?.text == text)
    }
}
