/// Walks a value once, so that nobody behind the decoder has to doubt it again.
extension ByteReader {
    /// A type code and its data.
    @inline(__always)
    public mutating func value() throws(WireError) -> ValueReference {
        try value(ofType: try u8())
    }

    /// The data of a value whose type code stood elsewhere.
    @inline(__always)
    public mutating func value(ofType code: UInt8) throws(WireError) -> ValueReference {
        // What nearly every value is that moves.
        if code == ValueType.f64.rawValue {
            return ValueReference(type: .f64, isCanonical: true, data: try take(8))
        }
        guard let type = ValueType(rawValue: code) else { throw .unknownValueType }
        let start = offset
        let isCanonical = try skipData(of: code, depth: 1)
        return ValueReference(type: type, isCanonical: isCanonical, data: ByteRange(start, count: offset &- start))
    }

    /// Moves past a value's data and tells whether it was canonical. It goes by the code, so that the items of a list
    /// need no conversion.
    @inline(__always)
    private mutating func skipData(of code: UInt8, depth: Int) throws(WireError) -> Bool {
        switch code {
        case ValueType.f64.rawValue, ValueType.i64.rawValue:
            _ = try take(8)
            return true
        case ValueType.string.rawValue:
            _ = try text()
            return true
        case ValueType.null.rawValue:
            return true
        case ValueType.bool.rawValue:
            return try u8() <= 1
        case ValueType.bytes.rawValue:
            _ = try take(Int(try u16()))
            return true
        case ValueType.array.rawValue, ValueType.map.rawValue:
            return try skipItems(ofMap: code == ValueType.map.rawValue, depth: depth)
        case ValueType.i8.rawValue:
            _ = try take(1)
            return false
        case ValueType.i16.rawValue:
            _ = try take(2)
            return false
        case ValueType.i32.rawValue, ValueType.f32.rawValue:
            _ = try take(4)
            return false
        default:
            throw .unknownValueType
        }
    }

    /// The recursion is bounded by the depth limit, the loops by the bytes that are left.
    private mutating func skipItems(ofMap isMap: Bool, depth: Int) throws(WireError) -> Bool {
        guard depth <= WireLimits.maxValueDepth else { throw .valueTooDeep }
        let items = try count(itemsOfAtLeast: isMap ? 3 : 1)
        var isCanonical = true
        for _ in 0..<items {
            if isMap { _ = try text() }
            if try !skipData(of: try u8(), depth: depth + 1) { isCanonical = false }
        }
        return isCanonical
    }
}
