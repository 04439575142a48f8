internal import RelayJSON

/// Turns the canonical encoding of a value into JSON without a tree in between.
///
/// The hub has checked the bytes, yet nothing here relies on it: what does not decode gives false, and the writer is
/// then as it was before.
enum ValueToJSON {
    static func write(_ value: Span<UInt8>, to writer: inout JSONWriter) -> Bool {
        let before = writer.place
        var cursor = ByteCursor(value)
        if write(&cursor, of: value, to: &writer, depth: 0), cursor.remaining == 0 { return true }
        writer.goBack(to: before)
        return false
    }

    private static func write(
        _ cursor: inout ByteCursor, of value: Span<UInt8>, to writer: inout JSONWriter, depth: Int
    ) -> Bool {
        guard depth <= ValueType.depthLimit, let type = cursor.byte() else { return false }
        switch type {
        case ValueType.null:
            writer.null()
        case ValueType.bool:
            guard let flag = cursor.byte() else { return false }
            writer.bool(flag != 0)
        case ValueType.int:
            guard let bits = cursor.integer(UInt64.self) else { return false }
            writer.int(Int64(bitPattern: bits))
        case ValueType.float:
            guard let bits = cursor.integer(UInt64.self) else { return false }
            writeFloat(bits, to: &writer)
        case ValueType.string:
            guard let count = cursor.integer(UInt16.self), let range = cursor.range(Int(count)) else { return false }
            writer.string(utf8: value.extracting(range))
        case ValueType.bytes:
            guard let count = cursor.integer(UInt16.self), let range = cursor.range(Int(count)) else { return false }
            writer.beginObject()
            writer.key("$bytes")
            let text = Base64.encoded(value.extracting(range))
            writer.string(utf8: text.span)
            writer.endObject()
        case ValueType.array:
            guard let count = cursor.integer(UInt16.self) else { return false }
            writer.beginArray()
            for _ in 0..<count {
                guard write(&cursor, of: value, to: &writer, depth: depth + 1) else { return false }
            }
            writer.endArray()
        case ValueType.map:
            return writeMap(&cursor, of: value, to: &writer, depth: depth)
        default:
            return false
        }
        return true
    }

    private static func writeFloat(_ bits: UInt64, to writer: inout JSONWriter) {
        let float = Double(bitPattern: bits)
        if float.isFinite { return writer.double(float, marked: true) }
        let digits = String(bits, radix: 16)
        writer.beginObject()
        writer.key("$f64")
        writer.string(String(repeating: "0", count: 16 - digits.utf8.count) + digits)
        writer.endObject()
    }

    private static func writeMap(
        _ cursor: inout ByteCursor, of value: Span<UInt8>, to writer: inout JSONWriter, depth: Int
    ) -> Bool {
        guard let count = cursor.integer(UInt16.self) else { return false }
        var isWrapped = false
        for index in 0..<count {
            guard let length = cursor.integer(UInt16.self), let key = cursor.range(Int(length)) else { return false }
            if index == 0 {
                isWrapped = value.extracting(key).isValueMark
                if isWrapped {
                    writer.beginObject()
                    writer.key("$map")
                }
                writer.beginObject()
            }
            writer.key(utf8: value.extracting(key))
            guard write(&cursor, of: value, to: &writer, depth: depth + 1) else { return false }
        }
        if count == 0 { writer.beginObject() }
        writer.endObject()
        if isWrapped { writer.endObject() }
        return true
    }
}
