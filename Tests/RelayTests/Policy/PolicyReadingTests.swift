import Relay
import RelayJSON
import RelayProtocol
import Testing

@Suite struct `Who sees an address` {
    @Test func `without rules everything is visible`() throws {
        let kit = try PolicyKit([:])
        #expect(kit.isVisible("/a", to: nil))
        #expect(!kit.config.policy.mayHide)
        #expect(kit.config.policy.isEmpty)
    }

    @Test func `rules that only show hide nothing`() throws {
        let kit = try PolicyKit(visibility: ["path": "/a", "visible": true], ["visible": true])
        #expect(!kit.config.policy.mayHide)
    }

    @Test func `the first rule that matches decides`() throws {
        let kit = try PolicyKit(
            visibility: ["path_contains": "/secret", "visible": false], ["path": "/a/**", "visible": true],
            ["visible": false])
        #expect(kit.isVisible("/a/b"))
        #expect(!kit.isVisible("/a/secret"))
        #expect(!kit.isVisible("/a/b/secrets/c"))
        #expect(kit.isVisible("/a/b/asecret"))
        #expect(!kit.isVisible("/b"))
    }

    @Test func `a text anywhere counts before the path`() throws {
        let kit = try PolicyKit(visibility: ["path_contains": "b", "path": "/x/**", "visible": false])
        #expect(!kit.isVisible("/abc"))
        #expect(kit.isVisible("/x/c"))
    }

    @Test(arguments: [
        ("/u/alice", "alice", true), ("/u/alice/x/y", "alice", true), ("/u/alice/x", "bob", false),
        ("/u/alice/x", "Alice", false), ("/u/alice/x", "alic", false), ("/u/alice/pub", "bob", true),
        ("/u/alice/pub/deep/er", "bob", true), ("/u/alice/public", "bob", false), ("/u/alice/pub/", "bob", true),
        ("/u/alice", "bob", false), ("/u/alice/x/pub", "bob", false), ("/u/", "alice", false),
    ])
    func `an owner sees all, others the public part`(address: String, subject: String, isVisible: Bool) throws {
        let rule: JSONValue = ["path": "/u/{id}/**", "visible": "owner", "owner_segment": "id", "public_sub": "pub"]
        #expect(try PolicyKit(visibility: rule).isVisible(address, to: subject) == isVisible)
    }

    @Test func `nobody owns nothing`() throws {
        let rule: JSONValue = ["path": "/u/{id}/**", "visible": "owner", "owner_segment": "id"]
        let kit = try PolicyKit(visibility: rule)
        #expect(!kit.isVisible("/u/", to: nil))
        #expect(!kit.isVisible("/u/alice", to: nil))
    }

    @Test func `a public part may have several segments`() throws {
        let rule: JSONValue = ["path": "/u/{id}/**", "visible": "owner", "owner_segment": "id", "public_sub": "a/b"]
        let kit = try PolicyKit(visibility: rule)
        #expect(kit.isVisible("/u/alice/a/b/c", to: "bob"))
        #expect(!kit.isVisible("/u/alice/a", to: "bob"))
    }

    @Test(
        arguments: [
            ["visible": "owner", "owner_segment": "id"], ["path": "/u/{id}/**", "visible": "owner"],
            ["path": "/u/{id}/**", "visible": "owner", "owner_segment": "nope"],
            ["path": "/u/{id}/**", "visible": "require_state_not_null"], ["path": "/u/**", "visible": "sometimes"],
            ["path": "/u/**"], ["path": "/u/**", "visible": "true"],
        ] as [JSONValue])
    func `a rule that lacks something hides, with a note`(rule: JSONValue) throws {
        let kit = try PolicyKit(visibility: rule)
        #expect(!kit.isVisible("/u/alice/x"))
        #expect(kit.config.notes.count == 1)
    }

    @Test func `a place in the state opens the door`() throws {
        let rule: JSONValue = [
            "path": "/r/{x}/**", "visible": "require_state_not_null", "lookup": "/r/{x}/here/{session}",
        ]
        var kit = try PolicyKit(visibility: rule, state: ["/r/1/here/alice": true, "/r/1/here/carol": nil])
        #expect(kit.isVisible("/r/1/m", to: "alice"))
        #expect(!kit.isVisible("/r/2/m", to: "alice"))
        #expect(!kit.isVisible("/r/1/m", to: "bob"))
        #expect(!kit.isVisible("/r/1/m", to: "carol"))
        #expect(!kit.isVisible("/r/1/m", to: nil))
        kit.state["/r/1/here/"] = Value.bool(true).encoded
        #expect(!kit.isVisible("/r/1/m", to: nil), "no subject is not the subject without letters")
    }

    @Test func `a lookup without subject holds for all alike`() throws {
        let rule: JSONValue = ["path": "/r/{x}", "visible": "require_state_not_null", "lookup": "/open/{x}"]
        let kit = try PolicyKit(visibility: rule, state: ["/open/1": 1])
        #expect(kit.isVisible("/r/1", to: nil))
        #expect(!kit.isVisible("/r/2", to: "alice"))
    }

    @Test func `captures that the address does not give hide`() throws {
        let rule: JSONValue = [
            "path_contains": "z", "path": "/r/{x}", "visible": "require_state_not_null", "lookup": "/open/{x}",
        ]
        let kit = try PolicyKit(visibility: rule, state: ["/open/z": 1, "/open/": 1, "/open/{x}": 1])
        #expect(kit.isVisible("/r/z"))
        #expect(!kit.isVisible("/q/r/z"))
    }

    @Test func `most audiences follow from the address`() throws {
        let kit = try PolicyKit(
            visibility: ["path": "/a", "visible": true], ["path": "/b", "visible": false],
            ["path": "/{id}", "visible": "owner", "owner_segment": "id"])
        func audience(_ address: String) -> Audience {
            let bytes = Array(address.utf8)
            return kit.config.policy.audience(of: kit.config.policy.rules(for: bytes.rawSpan).visibilityRule)
        }
        #expect(audience("/a") == .everyone)
        #expect(audience("/b") == .nobody)
        #expect(audience("/c") == .some)
        #expect(audience("/c/d") == .everyone)
    }

    @Test(arguments: [
        ("/r/1/here/alice", ["/r/1/**"]), ("/r/1/here", []), ("/r/1/here/alice/x", []), ("/r/1/m", []),
        ("/open/7", ["/s/7/*/t"]), ("/fixed", ["/**"]), ("/pre-alice", ["/**"]), ("/q", []),
    ])
    func `a change of what is looked up names the addresses that depend on it`(address: String, patterns: [String])
        throws
    {
        let kit = try PolicyKit(
            visibility: [
                "path": "/r/{x}/**", "visible": "require_state_not_null", "lookup": "/r/{x}/here/{session}",
            ],
            ["path": "/s/{x}/{y}/t", "visible": "require_state_not_null", "lookup": "/open/{x}"],
            ["path_contains": "k", "visible": "require_state_not_null", "lookup": "/fixed"],
            ["visible": "require_state_not_null", "lookup": "/pre-{session}"])
        let bytes = Array(address.utf8)
        // The last rule's lookup is one open segment, so it takes every address of one segment.
        let found = kit.config.policy.dependents(on: bytes.rawSpan).map(\.text)
        #expect(Set(patterns).isSubset(of: found))
        #expect(found.allSatisfy { patterns.contains($0) || $0 == "/**" })
    }
}

@Suite struct `Members left out` {
    static let config: JSONValue = [
        "snapshot_transforms": [
            ["path": "/r/{x}/meta", "redact_fields": ["hash", "salt"]], ["path": "/r/**", "redact_fields": ["pin"]],
        ]
    ]

    private func redaction(of address: String) throws -> Redaction {
        let address = Array(address.utf8)
        let found = try PolicyKit(Self.config).config.policy.redaction(of: address.rawSpan)
        return try #require(found)
    }

    private func shown(_ value: JSONValue, at address: String) throws -> JSONValue? {
        guard let bytes = Value(plain: value).encoded else { return nil }
        guard case .redacted(let redaction) = try PolicyKit(Self.config).view(of: address) else { return value }
        return Value(encoded: redaction.encoded(bytes))?.plain
    }

    @Test func `members vanish, the others keep their order`() throws {
        let value: JSONValue = ["a": 1, "hash": "h", "b": ["hash": "inner"], "salt": nil, "c": [1, 2]]
        #expect(try shown(value, at: "/r/1/meta") == ["a": 1, "b": ["hash": "inner"], "c": [1, 2]])
    }

    @Test func `all transforms that match act together`() throws {
        #expect(try shown(["pin": 1, "hash": 2, "x": 3], at: "/r/1/meta") == ["x": 3])
        #expect(try shown(["pin": 1, "hash": 2, "x": 3], at: "/r/1/other") == ["hash": 2, "x": 3])
        #expect(try shown(["pin": 1, "hash": 2, "x": 3], at: "/q") == ["pin": 1, "hash": 2, "x": 3])
    }

    @Test func `every one of several members with the name vanishes`() throws {
        let value = JSONValue.object([JSONMember("hash", 1), JSONMember("x", 2), JSONMember("hash", "3")])
        #expect(try shown(value, at: "/r/1/meta") == ["x": 2])
    }

    @Test(arguments: ["hash", 1, nil, ["hash"], [["hash": 1]], [:], ["Hash": 1, "hash2": 2, "has": 3]] as [JSONValue])
    func `what has no such member stays, byte by byte`(value: JSONValue) throws {
        let bytes = try #require(Value(plain: value).encoded)
        let redaction = try redaction(of: "/r/1/meta")
        #expect(redaction.encoded(bytes) == bytes)
        if let view = ValueBytes(encoded: bytes.rawSpan) {
            let data = redaction.data(of: view)
            #expect(data == nil)
        }
    }

    @Test func `a damaged map shows nothing`() throws {
        let redaction = try redaction(of: "/r/1")
        let whole = try #require(Value(plain: ["a": 1, "pin": "1234"]).encoded)
        for length in 1..<whole.count {
            #expect(redaction.encoded(Array(whole[..<length])) == [ValueType.map.rawValue, 0, 0])
        }
    }

    @Test func `values that are not canonical are read all the same`() throws {
        // {"n": i8 5, "pin": f32 1.0}
        let data: [UInt8] = [0, 2, 0, 1, 0x6E, 0x02, 5, 0, 3, 0x70, 0x69, 0x6E, 0x06, 0x3F, 0x80, 0, 0]
        let redaction = try redaction(of: "/r/1")
        let remainder = redaction.data(of: ValueBytes(type: .map, data: data.rawSpan))
        #expect(remainder == [0, 1, 0, 1, 0x6E, 0x02, 5])
    }
}
