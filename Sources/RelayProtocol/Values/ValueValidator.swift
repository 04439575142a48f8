/// Walks a value once, so that nobody behind the decoder has to doubt it again.
extension ByteReader {
    /// A type code and its data.
    @inline(__always)
    package mutating func value() throws(WireError) -> ValueReference {
        try value(ofType: try u8())
    }

    /// The data of a value whose type code stood elsewhere.
    @inline(__always)
    package mutating func value(ofType code: UInt8) throws(WireError) -> ValueReference {
        guard let type = ValueType(rawValue: code) else { throw .unknownValueType }
        let start = offset
        let isCanonical = try skipData(of: type, depth: 1)
        return ValueReference(type: type, isCanonical: isCanonical, data: ByteRange(start, count: offset &- start))
    }

    /// Moves past a value's data and tells whether it was canonical.
    @inline(__always)
    private mutating func skipData(of type: ValueType, depth: Int) throws(WireError) -> Bool {
        switch type {
        case .f64, .i64:
            _ = try take(8)
            return true
        case .string:
            _ = try text()
            return true
        case .null:
            return true
        case .bool:
            return try u8() <= 1
        case .bytes:
            _ = try take(Int(try u16()))
            return true
        case .array, .map:
            return try skipItems(of: type, depth: depth)
        case .i8:
            _ = try take(1)
            return false
        case .i16:
            _ = try take(2)
            return false
        case .i32, .f32:
            _ = try take(4)
            return false
        }
    }

    /// The recursion is bounded by the depth limit, the loops by the bytes that are left.
    private mutating func skipItems(of type: ValueType, depth: Int) throws(WireError) -> Bool {
        guard depth <= WireLimits.maxValueDepth else { throw .valueTooDeep }
        let isMap = type == .map
        let items = try count(itemsOfAtLeast: isMap ? 3 : 1)
        var isCanonical = true
        for _ in 0..<items {
            if isMap { _ = try text() }
            guard let item = ValueType(rawValue: try u8()) else { throw .unknownValueType }
            if try !skipData(of: item, depth: depth + 1) { isCanonical = false }
        }
        return isCanonical
    }
}
