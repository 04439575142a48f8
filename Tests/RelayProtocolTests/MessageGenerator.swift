import RelayJSON
import RelayProtocol
import RelayTestKit

/// Random messages of all types, in the notation: what a decoder says of them can be compared to the letter.
struct MessageGenerator {
    var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func message(of type: MessageType, bundleDepth: Int = 0) -> JSONValue {
        var members = [JSONMember("type", .string(type.name.description))]
        for (key, value) in fields(of: type, bundleDepth) where value != .absent {
            members.append(JSONMember(key, value))
        }
        return .object(members)
    }

    private mutating func fields(of type: MessageType, _ bundleDepth: Int) -> [(String, JSONValue)] {
        switch type {
        case .hello:
            [
                ("version", number(below: 256)), ("features", features(federation: true)), ("name", text()),
                ("token", optional { $0.text(atLeast: 1) }),
            ]
        case .welcome:
            [
                ("version", number(below: 256)), ("features", features(federation: false)), ("time", u64()),
                ("session", text()), ("name", text()), ("token", optional { $0.text(atLeast: 1) }),
            ]
        case .announce: [("namespace", text()), ("signals", list { $0.definition(withMeta: true) })]
        case .federationSync:
            [
                (
                    "op",
                    .string(
                        pick(["declare_namespaces", "request_sync", "revision_vector", "sync_complete"]))
                ),
                ("patterns", list { $0.text() }), ("revisions", list { .array([$0.text(), $0.u64()]) }),
                ("since_revision", optional { $0.u64() }), ("origin", optional { $0.text() }),
            ]
        case .subscribe:
            [("id", u32()), ("pattern", text()), ("types", types()), ("options", options())]
        case .unsubscribe: [("id", u32())]
        case .publish: publish()
        case .set:
            [
                ("address", text()), ("value", value(depth: 0)), ("revision", optional { $0.u64() }),
                ("lock", bool()), ("unlock", bool()), ("ttl", optional { $0.timeToLive() }),
            ]
        case .get: [("address", text())]
        case .snapshot: [("params", list { $0.param() })]
        case .replay:
            [
                ("pattern", text()), ("from", optional { $0.u64() }), ("to", optional { $0.u64() }),
                ("limit", optional { $0.u32() }), ("types", types()),
            ]
        case .bundle:
            [
                ("timestamp", optional { $0.u64() }),
                (
                    "messages",
                    list { generator in
                        let inner = generator.pick(MessageType.allCases)
                        // A bundle in a bundle, but not without end.
                        return generator.message(
                            of: inner == .bundle && bundleDepth > 2 ? .ping : inner, bundleDepth: bundleDepth + 1)
                    }
                ),
            ]
        case .sync: [("t1", u64()), ("t2", optional { $0.u64() }), ("t3", optional { $0.u64() })]
        case .ping, .pong: []
        case .ack:
            [
                ("address", optional { $0.text() }), ("revision", optional { $0.u64() }),
                ("locked", optional { $0.bool() }), ("holder", optional { $0.text() }),
                ("correlation_id", optional { $0.u32() }),
            ]
        case .error:
            [
                ("code", number(below: 65_536)), ("message", text()), ("address", optional { $0.text() }),
                ("correlation_id", optional { $0.u32() }),
            ]
        case .query: [("pattern", text())]
        case .result: [("signals", list { $0.definition(withMeta: false) })]
        }
    }

    // MARK: Pieces of messages

    private mutating func publish() -> [(String, JSONValue)] {
        let content = pick(["none", "value", "samples"])
        return [
            ("signal", .string(signal())), ("phase", .string(pick(["start", "move", "end", "cancel"]))),
            ("address", text()), ("value", content == "value" ? value(depth: 0) : .absent),
            ("samples", content == "samples" ? list { $0.float() } : .absent), ("timestamp", optional { $0.u64() }),
            ("id", optional { $0.u32() }), ("rate", optional { $0.u32() }),
        ]
    }

    private mutating func param() -> JSONValue {
        object([
            ("address", text()), ("value", value(depth: 1)), ("revision", u64()), ("writer", optional { $0.text() }),
            ("timestamp", optional { $0.u64() }),
        ])
    }

    private mutating func definition(withMeta: Bool) -> JSONValue {
        object([
            ("address", text()), ("signal", .string(signal())), ("datatype", optional { $0.text() }),
            ("access", optional { $0.text() }), ("meta", withMeta ? optional { $0.meta() } : .absent),
        ])
    }

    private mutating func meta() -> JSONValue {
        object([
            ("unit", optional { $0.text() }), ("range", optional { .array([$0.float(), $0.float()]) }),
            ("default", optional { $0.value(depth: 1) }), ("description", optional { $0.text() }),
        ])
    }

    private mutating func options() -> JSONValue {
        let options = object([
            ("max_rate", optional { $0.u32() }), ("epsilon", optional { $0.float() }),
            ("history", optional { $0.u32() }), ("window", optional { $0.u32() }),
        ])
        return options == .object([]) ? .absent : options
    }

    private mutating func timeToLive() -> JSONValue {
        switch pick(["never", "sliding", "absolute"]) {
        case "never": object([("mode", "never")])
        case "sliding": object([("mode", "sliding"), ("seconds", number(in: 1...Int64(Int32.max)))])
        default: object([("mode", "absolute"), ("seconds", number(in: 0...Int64(Int32.max)))])
        }
    }

    private mutating func signal() -> String { pick(["param", "event", "stream", "gesture", "timeline"]) }

    private mutating func types() -> JSONValue { subset(["param", "event", "stream", "gesture", "timeline"]) }

    private mutating func features(federation: Bool) -> JSONValue {
        subset(["param", "event", "stream", "gesture", "timeline"] + (federation ? ["federation"] : []))
    }

    // MARK: Values

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 10 : 7), using: &random) {
        case 0: return object([("t", "null")])
        case 1: return object([("t", "bool"), ("v", bool())])
        case 2, 3:
            let number = Int64(bitPattern: integer())
            return object([("t", "int"), ("v", .string(String(number))), ("wire", "i64")])
        case 4: return float()
        case 5: return object([("t", "string"), ("v", text())])
        case 6:
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            return object([("t", "bytes"), ("hex", .string(Hex.text(bytes)))])
        case 7, 8:
            return object([("t", "array"), ("v", list { $0.value(depth: depth + 1) })])
        default:
            return object([("t", "map"), ("v", list { .array([$0.text(), $0.value(depth: depth + 1)]) })])
        }
    }

    private mutating func float() -> JSONValue {
        let special: [UInt64] = [
            0, 1 << 63, Double.infinity.bitPattern, (-Double.infinity).bitPattern, 0x7FF8_0000_0000_0001, 1,
            0x3FF8_0000_0000_0000,
        ]
        let bits = Bool.random(using: &random) ? pick(special) : random.next()
        let number = Double(bitPattern: bits)
        let text: String
        if number.isNaN {
            text = "NaN"
        } else if number.isInfinite {
            text = number < 0 ? "-Infinity" : "Infinity"
        } else {
            text = "\(number)"
        }
        let digits = String(bits, radix: 16)
        return object([
            ("t", "float"), ("v", .string(text)),
            ("bits", .string(String(repeating: "0", count: 16 - digits.count) + digits)), ("wire", "f64"),
        ])
    }

    // MARK: Choices

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }

    private mutating func optional(_ make: (inout Self) -> JSONValue) -> JSONValue {
        Bool.random(using: &random) ? make(&self) : .absent
    }

    private mutating func list(_ make: (inout Self) -> JSONValue) -> JSONValue {
        .array((0..<Int.random(in: 0...4, using: &random)).map { _ in make(&self) })
    }

    private mutating func subset(_ names: [String]) -> JSONValue {
        .array(names.filter { _ in Bool.random(using: &random) }.map(JSONValue.string))
    }

    private mutating func bool() -> JSONValue { .bool(Bool.random(using: &random)) }

    /// Small ones and the ends of the range as often as any other.
    private mutating func integer() -> UInt64 {
        pick([0, 1, 0x7F, 0x80, 0xFFFF, .max, 1 << 63, (1 << 63) - 1, random.next(), random.next() >> 32])
    }

    private mutating func u64() -> JSONValue { .string(String(integer())) }

    private mutating func u32() -> JSONValue { .int(Int64(UInt32(truncatingIfNeeded: integer()))) }

    private mutating func number(below bound: Int64) -> JSONValue { number(in: 0...(bound - 1)) }

    private mutating func number(in range: ClosedRange<Int64>) -> JSONValue {
        .int(Int64.random(in: range, using: &random))
    }

    mutating func text(atLeast minimum: Int = 0) -> JSONValue {
        let pieces = [
            "a", "/", "*", "é", "e\u{301}", "\u{0}", "\"", "\\", "\n", "日", "𝄞", "\u{FEFF}", "\u{10FFFF}", " ", "zone",
        ]
        return .string((0..<Int.random(in: minimum...12, using: &random)).map { _ in pick(pieces) }.joined())
    }

    private func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.filter { $0.1 != .absent }.map { JSONMember($0.0, $0.1) })
    }
}

extension JSONValue {
    /// In lists of members here: none of that name. (The notation itself never has a null.)
    fileprivate static let absent = JSONValue.null
}
