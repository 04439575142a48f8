import RelayJSON
import RelayProtocol

/// A message in the notation as the MessagePack map that an old client would send.
struct LegacyWriter {
    private(set) var bytes: [UInt8] = []

    init(_ message: JSONValue) {
        write(message: message)
    }

    /// What is understood of it: the wire type of a value is MessagePack's, and a nil where a value is optional, in a
    /// PUBLISH and in meta, is none.
    static func asSent(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let items): return .array(items.map(asSent))
        case .object(let members):
            let dropsNil = json["type"] == "PUBLISH"
            return .object(
                members.compactMap { member in
                    let isNil = member.value["t"] == "null"
                    switch member.key {
                    case "value": return dropsNil && isNil ? nil : JSONMember("value", packed(member.value))
                    case "default": return isNil ? nil : JSONMember("default", packed(member.value))
                    default: return JSONMember(member.key, asSent(member.value))
                    }
                })
        default: return json
        }
    }

    private static func packed(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let items): .array(items.map(packed))
        case .object(let members):
            .object(
                members.map { $0.key == "wire" ? JSONMember("wire", "msgpack") : JSONMember($0.key, packed($0.value)) })
        default: json
        }
    }

    // MARK: Messages

    private mutating func write(message: JSONValue) {
        // The type comes last: it may stand anywhere.
        let members =
            (message.object ?? []).filter { $0.key != "type" } + (message.object ?? []).filter { $0.key == "type" }
        map(members.count)
        for member in members {
            string(member.key)
            field(member.key, member.value)
        }
    }

    private mutating func field(_ key: String, _ json: JSONValue) {
        switch key {
        case "value": value(json)
        case "samples": list(json) { $0.value($1) }
        case "messages": list(json) { $0.write(message: $1) }
        case "params": list(json) { $0.object($1) }
        case "signals": list(json) { $0.definition($1) }
        case "options": object(json)
        case "revisions":
            map(json.array?.count ?? 0)
            for pair in json.array ?? [] {
                plain(pair[0] ?? .null)
                plain(pair[1] ?? .null, isNumber: true)
            }
        case "ttl":
            if json["mode"] == "never" { return string("Never") }
            map(1)
            string(json["mode"] == "sliding" ? "Sliding" : "Absolute")
            plain(json["seconds"] ?? .null)
        case "op":
            let names = ["declare_namespaces", "request_sync", "revision_vector", "sync_complete"]
            int(Int64(1 + (names.firstIndex(of: json.string ?? "") ?? 0)))
        case "time", "timestamp", "revision", "since_revision", "from", "to", "t1", "t2", "t3":
            plain(json, isNumber: true)
        default: plain(json)
        }
    }

    private mutating func object(_ json: JSONValue) {
        map(json.object?.count ?? 0)
        for member in json.object ?? [] {
            string(member.key)
            if member.key == "epsilon" { value(member.value) } else { field(member.key, member.value) }
        }
    }

    private mutating func definition(_ json: JSONValue) {
        map(json.object?.count ?? 0)
        for member in json.object ?? [] {
            string(member.key == "signal" ? "type" : member.key)
            if member.key == "meta" { meta(member.value) } else { plain(member.value) }
        }
    }

    private mutating func meta(_ json: JSONValue) {
        map(json.object?.count ?? 0)
        for member in json.object ?? [] {
            string(member.key)
            switch member.key {
            case "range": list(member.value) { $0.value($1) }
            case "default": value(member.value)
            default: plain(member.value)
            }
        }
    }

    // MARK: Values

    private mutating func plain(_ json: JSONValue, isNumber: Bool = false) {
        switch json {
        case .bool(let flag): bytes.append(flag ? 0xC3 : 0xC2)
        case .int(let number): int(number)
        case .string(let text):
            if isNumber, let number = UInt64(text) { unsigned(number) } else { string(text) }
        case .array: list(json) { $0.plain($1) }
        default: bytes.append(0xC0)
        }
    }

    private mutating func value(_ json: JSONValue) {
        switch json["t"]?.string {
        case "bool": plain(json["v"] ?? .null)
        case "int": int(Int64(json["v"]?.string ?? "") ?? 0)
        case "float":
            bytes.append(0xCB)
            big(UInt64(json["bits"]?.string ?? "", radix: 16) ?? 0)
        case "string": string(json["v"]?.string ?? "")
        case "bytes":
            let content = Hex.bytes(Array((json["hex"]?.string ?? "").utf8)) ?? []
            bytes += [0xC4, UInt8(content.count)] + content
        case "array": list(json["v"] ?? .null) { $0.value($1) }
        case "map":
            map(json["v"]?.array?.count ?? 0)
            for pair in json["v"]?.array ?? [] {
                plain(pair[0] ?? .null)
                value(pair[1] ?? .null)
            }
        default: bytes.append(0xC0)
        }
    }

    private mutating func list(_ json: JSONValue, _ write: (inout Self, JSONValue) -> Void) {
        let items = json.array ?? []
        bytes.append(0xDC)
        big(UInt16(items.count))
        for item in items { write(&self, item) }
    }

    private mutating func map(_ count: Int) {
        if count < 16 {
            bytes.append(0x80 | UInt8(count))
        } else {
            bytes.append(0xDE)
            big(UInt16(count))
        }
    }

    private mutating func string(_ text: String) {
        let utf8 = Array(text.utf8)
        switch utf8.count {
        case ..<32: bytes.append(0xA0 | UInt8(utf8.count))
        case ..<256: bytes += [0xD9, UInt8(utf8.count)]
        default:
            bytes.append(0xDA)
            big(UInt16(utf8.count))
        }
        bytes += utf8
    }

    private mutating func unsigned(_ number: UInt64) {
        if let number = Int64(exactly: number) { return int(number) }
        bytes.append(0xCF)
        big(number)
    }

    private mutating func int(_ number: Int64) {
        switch number {
        case 0..<128: bytes.append(UInt8(number))
        case -32..<0: bytes.append(UInt8(bitPattern: Int8(number)))
        case 0..<256: bytes += [0xCC, UInt8(number)]
        case -128..<0: bytes += [0xD0, UInt8(bitPattern: Int8(number))]
        case 0..<65_536:
            bytes.append(0xCD)
            big(UInt16(number))
        case Int64(Int16.min)..<0:
            bytes.append(0xD1)
            big(Int16(number))
        case 0...Int64(UInt32.max):
            bytes.append(0xCE)
            big(UInt32(number))
        case Int64(Int32.min)..<0:
            bytes.append(0xD2)
            big(Int32(number))
        default:
            bytes.append(0xD3)
            big(number)
        }
    }

    private mutating func big<I: FixedWidthInteger>(_ number: I) {
        for shift in stride(from: I.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
