/// A MessagePack value as a CLASP value, type code first. `bin` is bytes here; the reference reads it as text where it
/// can, which loses what the sender meant.
extension ByteWriter {
    mutating func legacyValue(_ reader: inout ByteReader) throws(WireError) {
        let start = count
        try u8(0)
        let type = try legacyValueData(&reader, depth: 1)
        patchByte(type.rawValue, at: start)
    }

    /// Writes the data and returns the type, for SET, which keeps the code in its flags.
    mutating func legacyValueData(_ reader: inout ByteReader, depth: Int = 1) throws(WireError) -> ValueType {
        let items: Int
        let isMap: Bool
        switch try reader.item() {
        case .null: return .null
        case .bool(let flag):
            try u8(flag ? 1 : 0)
            return .bool
        case .int(let number):
            try integer(number)
            return .i64
        case .largeInt(let number):
            try f64(Double(number))
            return .f64
        case .float(let number):
            try f64(number)
            return .f64
        case .string(let range):
            try text(reader.bytes.bytes(range))
            return .string
        case .bytes(let range):
            try text(reader.bytes.bytes(range))
            return .bytes
        case .array(let count): (items, isMap) = (count, false)
        case .map(let count): (items, isMap) = (count, true)
        }
        guard depth <= WireLimits.maxValueDepth else { throw .valueTooDeep }
        try itemCount(items)
        for _ in 0..<items {
            if isMap {
                guard case .string(let key) = try reader.item() else { throw .unexpectedLegacyValue }
                try text(reader.bytes.bytes(key))
            }
            let start = count
            try u8(0)
            patchByte(try legacyValueData(&reader, depth: depth + 1).rawValue, at: start)
        }
        return isMap ? .map : .array
    }
}
