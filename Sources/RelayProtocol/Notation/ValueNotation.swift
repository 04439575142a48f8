import RelayJSON

/// A value in the notation: `t` says what it is, `v` what it says, `wire` how it was sent, which nobody need heed.
extension NotationWriter {
    func value(_ reference: ValueReference) throws(WireError) -> JSONValue {
        var reader = ByteReader(payload, at: Int(reference.data.start))
        return try value(of: reference.type, from: &reader)
    }

    private func value(of type: ValueType, from reader: inout ByteReader) throws(WireError) -> JSONValue {
        switch type {
        case .null: tagged("null")
        case .bool: tagged("bool", .bool(try reader.u8() != 0))
        case .i8: int(Int64(try reader.integer() as Int8), "i8")
        case .i16: int(Int64(try reader.integer() as Int16), "i16")
        case .i32: int(Int64(try reader.integer() as Int32), "i32")
        case .i64: int(try reader.integer(), isLegacy ? "msgpack" : "i64")
        case .f32: float(Double(Float(bitPattern: try reader.u32())), "f32")
        case .f64: float(try reader.f64(), isLegacy ? "msgpack" : "f64")
        case .string: tagged("string", text(try reader.text()))
        case .bytes:
            object(["t": "bytes", "hex": .string(Hex.text(payload.bytes(try reader.take(Int(try reader.u16())))))])
        case .array: tagged("array", .array(try items(of: type, from: &reader)))
        case .map: tagged("map", .array(try items(of: type, from: &reader)))
        }
    }

    private func items(of type: ValueType, from reader: inout ByteReader) throws(WireError) -> [JSONValue] {
        var items: [JSONValue] = []
        for _ in 0..<(try reader.u16()) {
            let key = type == .map ? try reader.text() : nil
            guard let itemType = ValueType(rawValue: try reader.u8()) else { throw .unknownValueType }
            let item = try value(of: itemType, from: &reader)
            if let key = text(key) { items.append(.array([key, item])) } else { items.append(item) }
        }
        return items
    }

    private func tagged(_ tag: String, _ value: JSONValue? = nil) -> JSONValue {
        object(["t": .string(tag), "v": value])
    }

    private func int(_ number: Int64, _ wire: String) -> JSONValue {
        object(["t": "int", "v": .string(String(number)), "wire": .string(wire)])
    }

    func float(_ number: Double, _ wire: String = "f64") -> JSONValue {
        let text =
            if number.isNaN { "NaN" } else if number.isInfinite {
                number < 0 ? "-Infinity" : "Infinity"
            } else {
                number.description
            }
        return object([
            "t": "float", "v": .string(text), "bits": .string(Hex.text(number.bitPattern)), "wire": .string(wire),
        ])
    }
}

extension Value {
    /// The value that a notation says; nil when it says none. Its wire type is not heeded: we write i64 and f64.
    ///
    /// The recursion is bounded by the depth that the JSON was parsed with.
    init?(notation json: JSONValue) {
        let content = json["v"]
        switch json["t"]?.string {
        case "null": self = .null
        case "bool":
            guard let flag = content?.bool else { return nil }
            self = .bool(flag)
        case "int":
            guard let number = content?.int ?? content?.string.flatMap({ Int64($0) }) else { return nil }
            self = .int(number)
        case "float":
            guard let number = Double(notation: json) else { return nil }
            self = .float(number)
        case "string":
            guard let text = content?.string else { return nil }
            self = .string(text)
        case "bytes":
            guard let bytes = json["hex"]?.string.flatMap({ Hex.bytes(Array($0.utf8)) }) else { return nil }
            self = .bytes(bytes)
        case "array":
            guard let items = content?.array else { return nil }
            var values: [Value] = []
            for item in items {
                guard let value = Value(notation: item) else { return nil }
                values.append(value)
            }
            self = .array(values)
        case "map":
            guard let pairs = content?.array else { return nil }
            var members: [(key: String, value: Value)] = []
            for pair in pairs {
                guard pair.array?.count == 2, let key = pair[0]?.string, let item = pair[1],
                    let value = Value(notation: item)
                else { return nil }
                members.append((key, value))
            }
            self = .map(members)
        default: return nil
        }
    }
}

extension Double {
    /// A float in the notation. Its bits count where they are given: a text cannot say which NaN is meant.
    init?(notation json: JSONValue) {
        guard json["t"]?.string == "float" else { return nil }
        if let text = json["bits"]?.string {
            guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else { return nil }
            self.init(bitPattern: bits)
        } else if let number = json["v"]?.double {
            self = number
        } else {
            // Swift reads "NaN" and "Infinity" as the notation writes them, and much besides that is no decimal number.
            guard let text = json["v"]?.string, let number = Double(text) else { return nil }
            self = number
        }
    }
}
