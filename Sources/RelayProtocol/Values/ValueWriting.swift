/// Writes values in canonical form: every integer as i64, every float as f64, booleans as 0 or 1, maps in the order
/// they came. Canonical input, which is all that living clients send, is copied.
extension ByteWriter {
    /// Type code and data.
    @inline(__always)
    public mutating func value(_ value: ValueReference, in payload: RawSpan) throws(WireError) {
        try u8(value.type.canonical.rawValue)
        try valueData(value, in: payload)
    }

    /// Data only, for a message that keeps the type code elsewhere.
    @inline(__always)
    public mutating func valueData(_ value: ValueReference, in payload: RawSpan) throws(WireError) {
        if value.isCanonical {
            try append(value.data, of: payload)
        } else {
            var reader = ByteReader(payload, at: Int(value.data.start))
            try canonicalData(of: value.type, from: &reader)
        }
    }

    @inline(never)
    private mutating func canonicalData(of type: ValueType, from reader: inout ByteReader) throws(WireError) {
        switch type {
        case .null: return
        case .bool: try u8(try reader.u8() == 0 ? 0 : 1)
        case .i8: try integer(Int64(try reader.integer() as Int8))
        case .i16: try integer(Int64(try reader.integer() as Int16))
        case .i32: try integer(Int64(try reader.integer() as Int32))
        case .i64, .f64: try u64(try reader.u64())
        case .f32: try f64(Double(Float(bitPattern: try reader.u32())))
        case .string: try text(reader.bytes.bytes(try reader.text()))
        case .bytes: try text(reader.bytes.bytes(try reader.take(Int(try reader.u16()))))
        case .array, .map:
            let items = Int(try reader.u16())
            try itemCount(items)
            for _ in 0..<items {
                if type == .map { try text(reader.bytes.bytes(try reader.text())) }
                guard let item = ValueType(rawValue: try reader.u8()) else { throw .unknownValueType }
                try u8(item.canonical.rawValue)
                try canonicalData(of: item, from: &reader)
            }
        }
    }
}

extension ValueType {
    /// The type that a value is kept and sent as.
    public var canonical: ValueType {
        @inline(__always) get {
            switch self {
            case .i8, .i16, .i32: .i64
            case .f32: .f64
            default: self
            }
        }
    }
}
