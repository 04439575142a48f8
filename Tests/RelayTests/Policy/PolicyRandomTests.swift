import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import RelayTestKit
import Testing

/// Random configs, users, states and writes: the policy and the oracle must always agree.
@Suite struct `Policy against oracle` {
    private struct World {
        var random: SeededRandom
        let users: [String?] = ["alice", "bob", "x", nil]
        let names = ["x", "y", "session", "u"]
        let words = ["a", "b", "alice", "bob", "x", "{x}", "{session}", "é"]
        let fields = ["owner", "name", "pin"]

        mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }
        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func address() -> String {
            var text = ""
            for _ in 0..<Int.random(in: 1...3, using: &random) { text += "/" + pick(words) }
            return chance(5) ? text + "/" : text
        }

        mutating func path() -> String {
            var free = names
            var text = ""
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<10, using: &random) {
                case 0: text += "/*"
                case 1: text += "/**"
                case 2..<7: text += "/{\(free.remove(at: Int.random(in: 0..<free.count, using: &random)))}"
                default: text += "/" + pick(Array(words.prefix(4)))
                }
            }
            return text
        }

        mutating func lookup() -> JSONValue {
            var text = ""
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                text += "/" + (chance(60) ? "{\(pick(names))}" : pick(Array(words.prefix(4))))
            }
            return .string(text)
        }

        mutating func check() -> JSONValue {
            let field = JSONValue.string(pick(fields))
            switch Int.random(in: 0..<7, using: &random) {
            case 0:
                return [
                    "type": "state_field_equals_session", "lookup": lookup(), "field": field,
                    "allow_if_missing": .bool(chance(50)),
                ]
            case 1: return ["type": "state_not_null", "lookup": lookup()]
            case 2: return ["type": "value_field_equals_session", "field": field]
            case 3: return ["type": "segment_equals_session", "segment": .string(pick(names))]
            case 4: return ["type": "either_state_not_null", "lookup_a": lookup(), "lookup_b": lookup()]
            case 5: return ["type": "require_value_field", "field": field]
            default: return ["type": "reject_unless_path_matches", "pattern": .string(path()), "message": "no"]
            }
        }

        mutating func list(_ range: ClosedRange<Int>, _ item: (inout World) -> JSONValue) -> JSONValue {
            .array((0..<Int.random(in: range, using: &random)).map { _ in item(&self) })
        }

        mutating func config() -> JSONValue {
            [
                "write_rules": list(0...4) {
                    [
                        "path": .string($0.path()), "mode": $0.chance(50) ? "all" : "any",
                        "allow_null_write": .bool($0.chance(30)), "pre_checks": $0.list(0...1) { $0.check() },
                        "checks": $0.list(0...3) { $0.check() },
                    ]
                },
                "snapshot_transforms": list(0...2) {
                    ["path": .string($0.path()), "redact_fields": .array([.string($0.pick($0.fields))])]
                },
                "snapshot_visibility": list(0...4) { $0.visibility() },
            ]
        }

        mutating func visibility() -> JSONValue {
            var members: [JSONMember] = []
            if chance(15) { members.append(JSONMember("path_contains", .string(pick(["a", "/b", "ice", "{", "é"])))) }
            if chance(85) { members.append(JSONMember("path", .string(path()))) }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: members.append(JSONMember("visible", true))
            case 1: members.append(JSONMember("visible", false))
            case 2, 3:
                members.append(JSONMember("visible", "owner"))
                members.append(JSONMember("owner_segment", .string(pick(names))))
                if chance(50) { members.append(JSONMember("public_sub", .string(pick(["a", "b", "a/b"])))) }
            default:
                members.append(JSONMember("visible", "require_state_not_null"))
                members.append(JSONMember("lookup", lookup()))
            }
            return .object(members)
        }

        mutating func value() -> JSONValue {
            if chance(20) { return pick([nil, "alice", 7, true, ["alice"]]) }
            let members = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                JSONMember(
                    pick(fields),
                    chance(80) ? .string(pick(["alice", "bob", "x", "é"])) : pick([nil, 1, ["owner": "bob"]]))
            }
            return .object(members)
        }
    }

    /// What became of the steps: a test that only ever sees one answer proves nothing.
    private struct Tally {
        var refused = 0
        var passed = 0
        var hidden = 0
        var seen = 0
        var redacted = 0
        var differences: [String] = []
    }

    /// The oracle gets the config as `bend` leaves it.
    private func run(
        seed: UInt64, configs: Int, steps: Int, bend: (JSONValue) -> JSONValue = { $0 }
    ) throws -> Tally {
        var world = World(random: SeededRandom(seed: seed))
        var tally = Tally()
        for _ in 0..<configs {
            let json = world.config()
            var oracle = PolicyOracle(config: bend(json))
            var kit = try PolicyKit(json)
            for step in 0..<steps {
                let address = world.address()
                let value = world.value()
                let user = world.pick(world.users)
                let refusal = kit.refusal(of: address, value, by: user)?.rule
                if refusal != oracle.refusal(address, value, user) {
                    tally.differences.append("seed \(seed) step \(step): \(user ?? "-") writes \(address)")
                }
                if refusal == nil { tally.passed += 1 } else { tally.refused += 1 }

                let view = kit.view(of: address, by: user)
                var shown: JSONValue?
                switch view {
                case .hidden: tally.hidden += 1
                case .full:
                    shown = value
                    tally.seen += 1
                case .redacted(let redaction):
                    shown = Value(encoded: redaction.encoded(Value(plain: value).encoded ?? []))?.plain
                    tally.redacted += 1
                }
                if shown != (oracle.sees(address, user) ? .some(oracle.shown(address, value)) : .none) {
                    tally.differences.append("seed \(seed) step \(step): \(user ?? "-") reads \(address)")
                }
                if refusal == nil, world.chance(50) {
                    try write(world.chance(30) ? nil : value, at: address, &kit, &oracle, &world, &tally)
                }
            }
        }
        return tally
    }

    /// A write, and a look at who sees another address before and after: where that changes, the written address must
    /// have been named as one on which the other depends.
    private func write(
        _ value: JSONValue, at address: String, _ kit: inout PolicyKit, _ oracle: inout PolicyOracle,
        _ world: inout World, _ tally: inout Tally
    ) throws {
        let other = world.address()
        let user = world.pick(world.users)
        let before = kit.isVisible(other, to: user)
        kit.state[address] = Value(plain: value).encoded
        oracle.state[address] = value
        guard before != kit.isVisible(other, to: user) else { return }
        let changed = Array(address.utf8)
        let affected = Array(other.utf8)
        if !kit.config.policy.dependents(on: changed.rawSpan).contains(where: { $0.matches(affected.rawSpan) }) {
            tally.differences.append("\(other) depends on \(address), which is not known")
        }
    }

    /// A hundred thousand steps in all, side by side.
    @Test(arguments: 0..<4) func `twenty-five thousand steps without a difference`(part: Int) throws {
        let tally = try run(seed: 0xC1A5 + UInt64(part), configs: 250, steps: 100)
        #expect(tally.differences == [])
        #expect(min(tally.refused, tally.passed, tally.hidden, tally.seen, tally.redacted) > 500, "\(tally)")
    }

    @Test(arguments: ["mode", "allow_null_write", "pre_checks", "checks"])
    func `a rule that lost a member is noticed`(member: String) throws {
        let tally = try run(seed: 7, configs: 100, steps: 50) { config in
            let rules = (config["write_rules"]?.array ?? []).map { rule in
                JSONValue.object((rule.object ?? []).filter { $0.key != member })
            }
            return .object(
                (config.object ?? []).map { $0.key == "write_rules" ? JSONMember($0.key, .array(rules)) : $0 })
        }
        #expect(!tally.differences.isEmpty)
    }

    @Test(arguments: ["snapshot_transforms", "snapshot_visibility"])
    func `a list that is missing is noticed`(member: String) throws {
        let tally = try run(seed: 7, configs: 100, steps: 50) { config in
            .object((config.object ?? []).filter { $0.key != member })
        }
        #expect(!tally.differences.isEmpty)
    }
}
