package import RelayJSON
package import RelayProtocol

/// Values as people write them in JSON. Bytes have no such form; they are shown as a list of numbers.
extension Value {
    package init(plain json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .int(number)
        case .unsigned(let number): self = .float(Double(number))
        case .double(let number): self = .float(number)
        case .string(let text): self = .string(text)
        case .array(let items): self = .array(items.map { Value(plain: $0) })
        case .object(let members): self = .map(members.map { ($0.key, Value(plain: $0.value)) })
        }
    }

    package var plain: JSONValue {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .float(let number): .double(number)
        case .string(let text): .string(text)
        case .bytes(let bytes): .array(bytes.map { .int(Int64($0)) })
        case .array(let items): .array(items.map(\.plain))
        case .map(let members): .object(members.map { JSONMember($0.key, $0.value.plain) })
        }
    }

    /// Type code and data, canonical. Nil for what no message can carry.
    package var encoded: [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: WireLimits.maxPayloadBytes)
        do throws(WireError) {
            let count = try bytes.withWriter { writer throws(WireError) in
                try writer.value(self)
                return writer.count
            }
            return Array(bytes[..<count])
        } catch {
            return nil
        }
    }

    /// From type code and data.
    package init?(encoded: [UInt8]) {
        let bytes = encoded.rawSpan
        do throws(WireError) {
            var reader = ByteReader(bytes)
            self = try Value(try reader.value(), in: bytes)
        } catch {
            return nil
        }
    }
}
