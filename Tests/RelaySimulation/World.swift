import Relay
import RelayJSON
import RelayProtocol
import RelayTestKit

/// Where the random things come from: addresses, patterns, values, people and rules, few enough to meet often.
struct World {
    var random: SeededRandom
    let isOpen: Bool
    let config: JSONValue
    let people: [String: Rights.Person]
    private(set) var addresses: [String]
    private var patterns: [String] = []
    private var counter: Int64 = 0

    static let users = ["alice", "bob", "carol"]
    private static let words = ["a", "b", "ab", "alice", "bob", "r1"]

    init(seed: UInt64, isOpen: Bool, chat: JSONValue?) {
        var random = SeededRandom(seed: seed)
        self.isOpen = isOpen
        if isOpen {
            config = ["presence": ["/a/{x}", "/bob/**"]]
            people = [:]
            addresses = []
        } else if let chat, Int.random(in: 0..<3, using: &random) == 0 {
            config = chat
            people = Self.chatPeople(chat)
            addresses = Self.chatAddresses
        } else {
            config = Self.randomConfig(&random)
            people = Self.randomPeople(&random)
            addresses = []
        }
        self.random = random
        while addresses.count < 40 { addresses.append(newAddress()) }
        for _ in 0..<40 { patterns.append(newPattern()) }
    }

    // MARK: Chance

    mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func number(_ range: ClosedRange<UInt64>) -> UInt64 { UInt64.random(in: range, using: &random) }

    // MARK: Addresses

    private mutating func newAddress() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...3, using: &random) { text += "/" + pick(Self.words) }
        return chance(4) ? text + "/" : text
    }

    mutating func address() -> String {
        if chance(2) { return pick(["", "a", "/a//b", "/*", "/a/b*", "//"]) }
        if chance(3) { return newAddress() + "/\(number(0...200))" }
        return pick(addresses)
    }

    private mutating func newPattern() -> String {
        if chance(8) { return pick(["/**", "/*", "/*/*", "/**/a", "/a/**/b"]) }
        var segments = pick(addresses).split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        for index in segments.indices.dropFirst() where chance(35) {
            let segment = segments[index]
            segments[index] = pick(["*", "**", "\(segment.prefix(1))*", "*\(segment.suffix(1))"])
        }
        if chance(30) { segments[segments.count - 1] = pick(["**", "*"]) }
        return segments.joined(separator: "/")
    }

    mutating func pattern() -> String {
        if chance(2) { return pick(["", "a", "//", "/a//*"]) }
        if !isOpen, chance(50), let scope = pick(Array(people.values)).scopes.randomElement(using: &random) {
            return String(scope.drop { $0 != ":" }.dropFirst())
        }
        return pick(patterns)
    }

    // MARK: Values

    /// Seldom the same twice, so that it is known when it was written.
    mutating func value() -> JSONValue {
        counter += 1
        if !isOpen, chance(80) {
            var members = [JSONMember("n", .int(counter))]
            for _ in 0..<2 {
                let field = pick(["owner", "fromId", "creatorId", "pin", "passwordHash"])
                if !members.contains(where: { $0.key == field }) {
                    members.append(JSONMember(field, .string(pick(Self.users))))
                }
            }
            return .object(members)
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: return .null
        case 2: return .bool(chance(50))
        case 3: return .double(Double(counter) + 0.5)
        case 4: return .string("text \(counter)")
        case 5: return .string(String(repeating: "x", count: Int(number(0...3_000))) + "\(counter)")
        case 6: return .array([.int(counter), .null, .string("é")])
        case 7: return ["n": .int(counter), "k": ["deep": true]]
        default: return .int(counter)
        }
    }

    // MARK: Rules

    private static func chatPeople(_ chat: JSONValue) -> [String: Rights.Person] {
        var people: [String: Rights.Person] = [:]
        for user in users {
            let scopes = (chat["scopes"]?.array ?? []).compactMap(\.string).map { replaced($0, by: user) }
            people[user] = Rights.Person(user: user, scopes: scopes)
        }
        people["machine"] = Rights.Person(user: nil, scopes: ["admin:/**"])
        return people
    }

    private static func replaced(_ template: String, by user: String) -> String {
        template.split(separator: "{userId}", omittingEmptySubsequences: false).joined(separator: user)
    }

    private static let chatAddresses: [String] = {
        var found = [
            "/chat/registry/rooms/r1", "/chat/registry/ns-meta/x", "/chat/registry/ns-meta/x/__auth", "/lights/1",
        ]
        for room in ["/chat/room/r1", "/chat/room/r2"] {
            for part in ["meta", "messages", "video/1", "reactions/m/x"] { found.append("\(room)/\(part)") }
            for user in users {
                for part in ["presence", "typing", "admin", "bans", "crypto/pubkey", "crypto/keyex"] {
                    found.append("\(room)/\(part)/\(user)")
                }
            }
        }
        for user in users {
            for part in ["profile", "friends/alice", "friends/bob", "dms/1", "signingKey"] {
                found.append("/chat/user/\(user)/\(part)")
            }
            for part in ["", "/alice", "/bob"] { found.append("/chat/requests/\(user)\(part)") }
        }
        return found
    }()

    private static func randomPeople(_ random: inout SeededRandom) -> [String: Rights.Person] {
        var people: [String: Rights.Person] = [:]
        for user in users + ["machine"] {
            var scopes: [String] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let action = ["read", "read", "write", "admin"].randomElement(using: &random) ?? "read"
                var pattern = ""
                for _ in 0..<Int.random(in: 0...2, using: &random) {
                    pattern += "/" + ((words + ["*", "*", user, "a*"]).randomElement(using: &random) ?? "a")
                }
                let end = pattern.isEmpty || Int.random(in: 0..<3, using: &random) > 0
                scopes.append("\(action):\(pattern)" + (end ? "/**" : ""))
            }
            people[user] = Rights.Person(user: user == "machine" ? nil : user, scopes: scopes)
        }
        return people
    }

    private static func randomConfig(_ random: inout SeededRandom) -> JSONValue {
        let names = ["x", "y"]
        func path(_ random: inout SeededRandom, open: Bool = true) -> String {
            var free = names
            var text = ""
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<10, using: &random) {
                case 0 where open: text += "/*"
                case 1 where open: text += "/**"
                case 2..<6 where !free.isEmpty: text += "/{\(free.removeFirst())}"
                default: text += "/" + (words.randomElement(using: &random) ?? "a")
                }
            }
            return text
        }
        func lookup(_ random: inout SeededRandom) -> JSONValue {
            var text = ""
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                text += "/" + (["{session}", "{x}", "a", "b", "bob"].randomElement(using: &random) ?? "a")
            }
            return .string(text)
        }
        func rule(_ random: inout SeededRandom) -> JSONValue {
            let isForgiving = JSONValue.bool(Bool.random(using: &random))
            let field: JSONValue = [
                "type": "state_field_equals_session", "lookup": lookup(&random), "field": "owner",
                "allow_if_missing": isForgiving,
            ]
            let stored: JSONValue = ["type": "state_not_null", "lookup": lookup(&random)]
            let either: JSONValue = [
                "type": "either_state_not_null", "lookup_a": lookup(&random), "lookup_b": lookup(&random),
            ]
            let written: JSONValue = ["type": "value_field_equals_session", "field": "owner"]
            let segment: JSONValue = ["type": "segment_equals_session", "segment": "x"]
            let checks = [field, stored, either, written, segment].shuffled(using: &random)
            return [
                "path": .string(path(&random)), "mode": Bool.random(using: &random) ? "all" : "any",
                "allow_null_write": .bool(Bool.random(using: &random)),
                "checks": .array(Array(checks.prefix(Int.random(in: 1...2, using: &random)))),
            ]
        }
        func visibility(_ random: inout SeededRandom) -> JSONValue {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: return ["path_contains": "/ab", "visible": false]
            case 1: return ["path": .string(path(&random)), "visible": true]
            case 2, 3:
                let word = words.randomElement(using: &random) ?? "a"
                return [
                    "path": .string("/\(word)/{x}/**"),
                    "visible": "owner", "owner_segment": "x", "public_sub": "a",
                ]
            default:
                return [
                    "path": .string(path(&random)), "visible": "require_state_not_null", "lookup": lookup(&random),
                ]
            }
        }
        return [
            "write_rules": .array((0..<3).map { _ in rule(&random) }),
            "snapshot_visibility": .array((0..<3).map { _ in visibility(&random) }),
            "snapshot_transforms": [["path": .string(path(&random)), "redact_fields": ["pin"]]],
            "presence": [.string(path(&random, open: false))],
        ]
    }
}
