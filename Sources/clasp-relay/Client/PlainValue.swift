import RelayJSON

/// Values as people write JSON, and as the notation of frames wants them.
enum PlainValue {
    /// What the words of a command line mean: JSON, or else a text.
    static func read(_ text: String) -> JSONValue { (try? JSONValue(parsing: Array(text.utf8))) ?? .string(text) }

    /// Nil for a number that CLASP has no room for.
    static func notation(of plain: JSONValue) -> JSONValue? {
        switch plain {
        case .null: return ["t": "null"]
        case .bool: return ["t": "bool", "v": plain]
        case .int(let number): return ["t": "int", "v": .string(String(number))]
        case .unsigned: return nil
        case .double(let number): return ["t": "float", "v": .double(number)]
        case .string: return ["t": "string", "v": plain]
        case .array(let items):
            let converted = items.compactMap(notation)
            return converted.count == items.count ? ["t": "array", "v": .array(converted)] : nil
        case .object(let members):
            let pairs = members.compactMap { member in
                notation(of: member.value).map { JSONValue.array([.string(member.key), $0]) }
            }
            return pairs.count == members.count ? ["t": "map", "v": .array(pairs)] : nil
        }
    }

    static func plain(of notation: JSONValue) -> JSONValue {
        let content = notation["v"] ?? .null
        switch notation["t"]?.string {
        case "bool", "string": return content
        case "int": return content.string.flatMap { Int64($0) }.map { .int($0) } ?? content
        case "float":
            let number = notation["bits"]?.string.flatMap { UInt64($0, radix: 16) }.map { Double(bitPattern: $0) }
            guard let number, number.isFinite else { return content }
            return .double(number)
        case "bytes": return ["$hex": notation["hex"] ?? ""]
        case "array": return .array((content.array ?? []).map(plain))
        case "map":
            return .object(
                (content.array ?? []).compactMap { pair in
                    pair[0]?.string.map { JSONMember($0, plain(of: pair[1] ?? .null)) }
                })
        default: return .null
        }
    }
}
