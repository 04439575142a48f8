import RelayProtocol

/// A value as it is kept: in canonical bytes. Numbers, which most values are, need no memory of their own.
enum StoredValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(UInt64)
    case float(UInt64)
    /// Type code and data of a string, byte string, array or map.
    case encoded([UInt8])

    var isNull: Bool { self == .null }

    var type: ValueType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .i64
        case .float: .f64
        case .encoded(let bytes): bytes.first.flatMap(ValueType.init(rawValue:)) ?? .null
        }
    }

    /// What a number is, for those who want its changes thinned.
    var number: Double? {
        switch self {
        case .int(let bits): Double(Int64(bitPattern: bits))
        case .float(let bits): Double(bitPattern: bits)
        default: nil
        }
    }

    /// Bytes that it takes beside itself.
    var heapBytes: Int {
        if case .encoded(let bytes) = self { bytes.count } else { 0 }
    }

    /// Keeps a validated value.
    @inline(__always)
    init(_ value: ValueReference, in payload: RawSpan) {
        let data = payload.bytes(value.data)
        switch value.type {
        case .null: self = .null
        case .bool: self = .bool(data.byte(at: 0) != 0)
        case .i8: self = .int(UInt64(bitPattern: Int64(data.integer(at: 0, as: Int8.self))))
        case .i16: self = .int(UInt64(bitPattern: Int64(data.integer(at: 0, as: Int16.self))))
        case .i32: self = .int(UInt64(bitPattern: Int64(data.integer(at: 0, as: Int32.self))))
        case .i64: self = .int(data.integer(at: 0))
        case .f32: self = .float(Double(Float(bitPattern: data.integer(at: 0))).bitPattern)
        case .f64: self = .float(data.integer(at: 0))
        case .string, .bytes, .array, .map:
            self = .encoded(value.isCanonical ? Self.copy(value.type, data) : Self.canonical(value, in: payload))
        }
    }

    /// Takes another value's place; answers by how many bytes beside itself it has grown.
    @inline(__always)
    mutating func replace(with value: ValueReference, in payload: RawSpan) -> Int {
        guard value.isCanonical, value.type.rawValue >= ValueType.string.rawValue, case .encoded(var bytes) = self,
            bytes.count == Int(value.data.count) + 1
        else {
            let before = heapBytes
            self = StoredValue(value, in: payload)
            return heapBytes - before
        }
        // Let go, so that the array is written where it is, unless a checkpoint still reads it.
        self = .null
        let data = payload.bytes(value.data)
        // It is just as long as what is written.
        try? bytes.withWriter { writer throws(WireError) in
            try writer.u8(value.type.rawValue)
            try writer.append(data)
        }
        self = .encoded(bytes)
        return 0
    }

    /// From type code and data that are canonical; nil when they are none.
    init?(encoded: RawSpan) {
        var reader = ByteReader(encoded)
        guard let value = try? reader.value(), reader.remaining == 0 else { return nil }
        self.init(value, in: encoded)
    }

    private static func copy(_ type: ValueType, _ data: RawSpan) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.byteCount + 1)
        bytes.append(type.rawValue)
        unsafe data.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }

    @inline(never)
    private static func canonical(_ value: ValueReference, in payload: RawSpan) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: canonicalBound(value) + 1)
        let count = try? bytes.withWriter { writer throws(WireError) in
            try writer.value(value, in: payload)
            return writer.count
        }
        // The bound holds for whatever was validated, so there is always a count.
        guard let count else { return [ValueType.null.rawValue] }
        return Array(bytes[..<count])
    }

    /// How many bytes the data takes at most in canonical form: a type code and one byte may become a code and eight.
    static func canonicalBound(_ value: ValueReference) -> Int {
        value.isCanonical ? Int(value.data.count) : max(8, Int(value.data.count) * 5)
    }

    /// Shows type code and data.
    @inline(__always)
    @discardableResult
    func withEncoded<Result>(_ body: (RawSpan) -> Result) -> Result {
        switch self {
        case .encoded(let bytes): return body(bytes.rawSpan)
        case .null: return Self.small(.null, 0, count: 0, body)
        case .bool(let flag): return Self.small(.bool, flag ? 1 << 56 : 0, count: 1, body)
        case .int(let bits): return Self.small(.i64, bits, count: 8, body)
        case .float(let bits): return Self.small(.f64, bits, count: 8, body)
        }
    }

    /// `bits`: the data, most significant byte first.
    private static func small<Result>(
        _ type: ValueType, _ bits: UInt64, count: Int, _ body: (RawSpan) -> Result
    ) -> Result {
        var bytes = InlineArray<9, UInt8>(repeating: 0)
        bytes[0] = type.rawValue
        for place in 0..<count { bytes[place + 1] = UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * place)) }
        let octets = bytes.span
        return body(unsafe octets.bytes.extracting(0..<count + 1))
    }

    /// The number that a value is, as it stands in a message.
    static func number(_ value: ValueReference, in payload: RawSpan) -> Double? {
        switch value.type {
        case .i8, .i16, .i32, .i64, .f32, .f64: StoredValue(value, in: payload).number
        default: nil
        }
    }
}

extension ByteWriter {
    /// Type code and data.
    @inline(__always)
    mutating func value(_ value: StoredValue) throws(WireError) {
        switch value {
        case .null: try u8(ValueType.null.rawValue)
        case .bool(let flag): try u16(UInt16(ValueType.bool.rawValue) << 8 | (flag ? 1 : 0))
        case .int(let bits):
            try u8(ValueType.i64.rawValue)
            try u64(bits)
        case .float(let bits):
            try u8(ValueType.f64.rawValue)
            try u64(bits)
        case .encoded(let bytes): try append(bytes.rawSpan)
        }
    }
}
