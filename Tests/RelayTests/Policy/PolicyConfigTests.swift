import Relay
import RelayJSON
import RelayProtocol
import Testing

@Suite struct `Configs` {
    private func faults(_ text: String) -> [String] {
        do throws(InvalidAppConfig) {
            _ = try AppConfig(parsing: Array(text.utf8))
            return []
        } catch {
            return error.faults.map(\.text)
        }
    }

    @Test func `an empty one allows nothing and forbids nothing`() throws {
        let config = try AppConfig(parsing: Array("{}".utf8))
        #expect(config.policy.isEmpty)
        #expect(config.scopes.scopes(for: "alice").isEmpty)
        #expect(config.attempts == AttemptLimits())
        #expect(config.notes.isEmpty)
    }

    @Test func `none at all lets users read and write everything`() {
        #expect(AppConfig.none.policy.isEmpty)
        #expect(AppConfig.none.scopes.texts(for: "alice") == ["read:/**", "write:/**"])
    }

    @Test(arguments: [
        ("", "line 1, column 1: not JSON: the text ends where a value is due"),
        ("{\n  \"scopes\": [,]\n}", "line 2, column 14: not JSON: a value is due here"),
        ("[]", "line 1, column 1: a config must be an object"),
        (#"{"scopes":{}}"#, "line 1, column 11: scopes: this must be a list"),
        (#"{"scopes":["read:/a",1]}"#, "line 1, column 22: scopes[1]: this must be a text"),
        (#"{"write_rules":[1]}"#, "write_rules[0]: a write rule must be an object"),
        (#"{"write_rules":[{"checks":[]}]}"#, #"write_rules[0]: "path" is missing here"#),
        (#"{"write_rules":[{"path":1,"checks":[]}]}"#, "write_rules[0].path: this must be a text"),
        (#"{"write_rules":[{"path":"/a"}]}"#, #"write_rules[0]: "checks" is missing here"#),
        (
            #"{"write_rules":[{"path":"/a","mode":"some","checks":[]}]}"#,
            #"write_rules[0].mode: the mode of write rule 0 must be "all" or "any""#
        ),
        (
            #"{"write_rules":[{"path":"/a","allow_null_write":1,"checks":[]}]}"#,
            "write_rules[0].allow_null_write: this must be true or false"
        ),
        (
            #"{"write_rules":[{"path":"/a","checks":[{"type":"state_is_nice"}]}]}"#,
            #"write_rules[0].checks[0].type: write rule 0 has a check of the unknown type "state_is_nice""#
        ),
        (
            #"{"write_rules":[{"path":"/a","checks":[],"pre_checks":[{"type":"x"}]}]}"#,
            "write_rules[0].pre_checks[0].type: write rule 0"
        ),
        (#"{"write_rules":[{"path":"/a","checks":["x"]}]}"#, "write_rules[0].checks[0]: a check must be an object"),
        (#"{"write_rules":[{"path":"/a","checks":[{}]}]}"#, #"write_rules[0].checks[0]: "type" is missing here"#),
        (
            #"{"write_rules":[{"path":"/a","checks":[{"type":"state_not_null"}]}]}"#,
            #"write_rules[0].checks[0]: "lookup" is missing here"#
        ),
        (
            #"{"write_rules":[{"path":"/a","checks":[{"type":"state_field_equals_session","lookup":"/b"}]}]}"#,
            #"write_rules[0].checks[0]: "field" is missing here"#
        ),
        (#"{"write_rules":[{"path":"/{x}/{x}","checks":[]}]}"#, "write_rules[0].path: {x} occurs twice"),
        (#"{"write_rules":[{"path":"/{}","checks":[]}]}"#, "write_rules[0].path: {} needs a name"),
        (#"{"snapshot_transforms":[{"path":"/a"}]}"#, #"snapshot_transforms[0]: "redact_fields" is missing here"#),
        (
            #"{"snapshot_transforms":[{"path":"/a","redact_fields":["a",2]}]}"#,
            "snapshot_transforms[0].redact_fields[1]: this must be a text"
        ),
        (#"{"snapshot_visibility":[{"visible":1}]}"#, "snapshot_visibility[0].visible: this must be true, false"),
        (#"{"snapshot_visibility":[{"path":7,"visible":true}]}"#, "snapshot_visibility[0].path: this must be a text"),
        (#"{"rate_limits":5}"#, "rate_limits: rate_limits must be an object"),
        (
            #"{"rate_limits":{"login_max_attempts":0}}"#,
            "rate_limits.login_max_attempts: this must be a whole number from 1 to 1,000,000"
        ),
        (#"{"rate_limits":{"login_window_secs":1.5}}"#, "rate_limits.login_window_secs: this must be a whole number"),
        (#"{"presence":"/a"}"#, "presence: this must be a list"),
        (#"{"history":[null]}"#, "history[0]: this must be a text"),
    ])
    func `a fault names its place`(text: String, fault: String) throws {
        let found = faults(text)
        #expect(found.count == 1)
        #expect(found.first?.contains(fault) == true, "\(found)")
    }

    @Test func `all faults come together, with lines`() {
        let text = """
            {
              "scopes": [1],
              "write_rules": [
                {"path": "/a", "checks": []},
                {"path": "/b", "checks": [
                  {"type": "state_not_null", "lookup": "/x"},
                  {"type": "nonsense"}
                ]}
              ],
              "rate_limits": {"login_window_secs": -1}
            }
            """
        #expect(
            faults(text) == [
                "line 2, column 14: scopes[0]: this must be a text",
                "line 7, column 16: write_rules[1].checks[1].type: "
                    + "write rule 1 has a check of the unknown type \"nonsense\"",
                "line 10, column 40: rate_limits.login_window_secs: this must be a whole number from 1 to 1,000,000",
            ])
    }

    @Test func `no config makes thousands of rules`() {
        let rules = Array(repeating: #"{"path":"/a","checks":[]}"#, count: 1_001).joined(separator: ",")
        #expect(faults("{\"write_rules\":[\(rules)]}").first?.contains("more than 1,000 items") == true)
    }

    @Test func `what is unknown is ignored, with a note`() throws {
        let config = try PolicyKit([
            "theme": "dark", "scopes": ["read:/a", "peek:/a", "read:**", "write:/{user}/x", "w:/b/{userId}"],
            "write_rules": [
                [
                    "path": "/a/{x}", "note": 1,
                    "checks": [["type": "state_not_null", "lookup": "/b/{y}/{session}", "allow_if_missing": true]],
                ]
            ],
        ]).config
        #expect(
            config.notes.map(\.path) == [
                "theme", "scopes[1]", "scopes[2]", "scopes[3]", "write_rules[0].note",
                "write_rules[0].checks[0].allow_if_missing", "write_rules[0].checks[0].lookup",
            ])
        #expect(config.scopes.texts(for: "al") == ["read:/a", "write:/{user}/x", "w:/b/al"])
    }

    @Test func `rate limits may be given in part`() throws {
        let limits = try PolicyKit(["rate_limits": ["login_max_attempts": 3, "register_window_secs": 10]]).config
            .attempts
        #expect(limits.loginAttempts == 3)
        #expect(limits.loginWindow == .seconds(60))
        #expect(limits.registerAttempts == 10)
        #expect(limits.registerWindow == .seconds(10))
    }

    @Test func `presence belongs to whoever is named in the address`() throws {
        let policy = try PolicyKit(["presence": ["/r/{room}/here/{user}", "/lamps/*/alive"]]).config.policy
        func isPresence(_ address: String, of subject: String?) -> Bool {
            let bytes = Array(address.utf8)
            let isPresence = policy.isPresence(bytes.rawSpan, subject: subject.flatMap { Subject($0) })
            #expect(!isPresence || policy.rules(for: bytes.rawSpan).mayBePresence)
            return isPresence
        }
        #expect(isPresence("/r/1/here/alice", of: "alice"))
        #expect(!isPresence("/r/1/here/alice", of: "bob"))
        #expect(!isPresence("/r/1/here/alice2", of: "alice"))
        #expect(isPresence("/r/1/here/alice", of: nil))
        #expect(isPresence("/lamps/7/alive", of: "alice"))
        #expect(!isPresence("/lamps/7/alive/x", of: "alice"))
    }

    @Test func `history is kept where a path says so`() throws {
        let policy = try PolicyKit(["history": ["/r/*/messages"]]).config.policy
        #expect(policy.keepsHistory(of: "/r/1/messages"))
        #expect(!policy.keepsHistory(of: "/r/1/other"))
        #expect(!policy.isEmpty)
    }
}

@Suite struct `Scopes of a user` {
    static let templates: JSONValue = [
        "scopes": ["read:/chat/room/**", "write:/u/{userId}/**", "admin:/own/{userId}", "write:/{userId}/{userId}"]
    ]

    @Test func `the id is put in wherever it is asked for`() throws {
        #expect(
            try PolicyKit(Self.templates).config.scopes.texts(for: "a-B_9") == [
                "read:/chat/room/**", "write:/u/a-B_9/**", "admin:/own/a-B_9", "write:/a-B_9/a-B_9",
            ])
    }

    @Test(arguments: [
        "", "*", "**", "a/b", "a*", "{userId}", "é", "a b", "a\u{0}", ".", "a:b", String(repeating: "x", count: 65),
    ])
    func `an id that breaks the rule has no scopes`(id: String) throws {
        #expect(try PolicyKit(Self.templates).config.scopes.scopes(for: id).isEmpty)
    }

    @Test(arguments: [
        ("/chat/room/1", true, false, true), ("/u/alice/x", true, true, false), ("/u/bob/x", false, false, false),
        ("/own/alice", true, true, true), ("/chat/room/*/x", true, false, true), ("/alice/alice", true, true, false),
    ])
    func `a session may what one of its scopes allows`(
        place: String, reads: Bool, writes: Bool, subscribes: Bool
    ) throws {
        let scopes = SessionScopes(try PolicyKit(Self.templates).config.scopes.scopes(for: "alice"))
        #expect(scopes.allowsReading(place) == reads)
        #expect(scopes.allowsWriting(place) == writes)
        #expect(scopes.allowsSubscribing(to: try #require(Pattern(place))) == subscribes)
    }

    @Test func `without scopes nothing is allowed`() throws {
        let scopes = SessionScopes([])
        #expect(!scopes.allowsReading("/a"))
        #expect(!scopes.allowsWriting("/a"))
        #expect(!scopes.allowsSubscribing(to: try #require(Pattern("/a"))))
    }
}
