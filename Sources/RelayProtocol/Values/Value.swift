/// A value as a tree, for the few places that look inside one: rules, JSON, tests. The hot path never builds it.
public enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case array([Value])
    /// In wire order; a key may repeat, and then the last one counts.
    case map([(key: String, value: Value)])

    public init(_ reference: ValueReference, in payload: RawSpan) throws(WireError) {
        var reader = ByteReader(payload, at: Int(reference.data.start))
        self = try reader.tree(of: reference.type, depth: 1)
    }

    /// The member of a map, if this is one and has it.
    public subscript(key: String) -> Value? {
        guard case .map(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    public var type: ValueType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .i64
        case .float: .f64
        case .string: .string
        case .bytes: .bytes
        case .array: .array
        case .map: .map
        }
    }
}

extension ByteReader {
    fileprivate mutating func tree(of type: ValueType, depth: Int) throws(WireError) -> Value {
        switch type {
        case .null: return .null
        case .bool: return .bool(try u8() != 0)
        case .i8: return .int(Int64(try integer() as Int8))
        case .i16: return .int(Int64(try integer() as Int16))
        case .i32: return .int(Int64(try integer() as Int32))
        case .i64: return .int(try integer())
        case .f32: return .float(Double(Float(bitPattern: try u32())))
        case .f64: return .float(try f64())
        case .string: return .string(bytes.bytes(try text()).text)
        case .bytes: return .bytes(bytes.bytes(try take(Int(try u16()))).array)
        case .array:
            return .array(try items(depth: depth) { reader, depth throws(WireError) in try reader.item(depth: depth) })
        case .map:
            return .map(
                try items(depth: depth) { reader, depth throws(WireError) in
                    let key = reader.bytes.bytes(try reader.text()).text
                    return (key, try reader.item(depth: depth))
                })
        }
    }

    private mutating func item(depth: Int) throws(WireError) -> Value {
        guard let type = ValueType(rawValue: try u8()) else { throw .unknownValueType }
        return try tree(of: type, depth: depth + 1)
    }

    private mutating func items<Item>(
        depth: Int, read: (inout ByteReader, Int) throws(WireError) -> Item
    ) throws(WireError) -> [Item] {
        guard depth <= WireLimits.maxValueDepth else { throw .valueTooDeep }
        var items: [Item] = []
        for _ in 0..<(try count(itemsOfAtLeast: 1)) { items.append(try read(&self, depth)) }
        return items
    }
}

extension ByteWriter {
    /// Type code and data.
    public mutating func value(_ value: Value) throws(WireError) {
        try u8(value.type.rawValue)
        try valueData(value)
    }

    public mutating func valueData(_ value: Value) throws(WireError) {
        switch value {
        case .null: return
        case .bool(let flag): try u8(flag ? 1 : 0)
        case .int(let number): try integer(number)
        case .float(let number): try f64(number)
        case .string(let string): try text(string)
        case .bytes(let bytes): try text(bytes.rawSpan)
        case .array(let items):
            try itemCount(items.count)
            for item in items { try self.value(item) }
        case .map(let members):
            try itemCount(members.count)
            for member in members {
                try text(member.key)
                try self.value(member.value)
            }
        }
    }

    /// A `str` from a Swift string.
    public mutating func text(_ string: String) throws(WireError) {
        try text(Array(string.utf8).rawSpan)
    }
}
