/// One item of MessagePack. For arrays and maps only the count: their items follow.
enum MessagePackItem {
    case null
    case bool(Bool)
    case int(Int64)
    /// An unsigned integer that no i64 holds.
    case largeInt(UInt64)
    case float(Double)
    case string(ByteRange)
    case bytes(ByteRange)
    case array(Int)
    case map(Int)
}

/// Reads MessagePack from a payload. Extension types have no counterpart in CLASP and are refused.
extension ByteReader {
    mutating func item() throws(WireError) -> MessagePackItem {
        let head = try u8()
        switch head {
        case 0x00...0x7F: return .int(Int64(head))
        case 0xE0...0xFF: return .int(Int64(Int8(bitPattern: head)))
        case 0x80...0x8F: return try map(of: Int(head & 0x0F))
        case 0x90...0x9F: return try array(of: Int(head & 0x0F))
        case 0xA0...0xBF: return try string(of: Int(head & 0x1F))
        case 0xC0: return .null
        case 0xC2: return .bool(false)
        case 0xC3: return .bool(true)
        case 0xC4: return .bytes(try take(Int(try u8())))
        case 0xC5: return .bytes(try take(Int(try u16())))
        case 0xC6: return .bytes(try take(Int(try u32())))
        case 0xCA: return .float(Double(Float(bitPattern: try u32())))
        case 0xCB: return .float(try f64())
        case 0xCC: return .int(Int64(try u8()))
        case 0xCD: return .int(Int64(try u16()))
        case 0xCE: return .int(Int64(try u32()))
        case 0xCF:
            let number = try u64()
            return Int64(exactly: number).map(MessagePackItem.int) ?? .largeInt(number)
        case 0xD0: return .int(Int64(try integer() as Int8))
        case 0xD1: return .int(Int64(try integer() as Int16))
        case 0xD2: return .int(Int64(try integer() as Int32))
        case 0xD3: return .int(try integer())
        case 0xD9: return try string(of: Int(try u8()))
        case 0xDA: return try string(of: Int(try u16()))
        case 0xDB: return try string(of: Int(try u32()))
        case 0xDC: return try array(of: Int(try u16()))
        case 0xDD: return try array(of: Int(try u32()))
        case 0xDE: return try map(of: Int(try u16()))
        case 0xDF: return try map(of: Int(try u32()))
        default: throw .unsupportedLegacyType
        }
    }

    /// Moves past one item with all that is in it.
    mutating func skipItem(depth: Int = 1) throws(WireError) {
        let children: Int
        switch try item() {
        case .array(let count): children = count
        case .map(let count): children = count * 2
        default: return
        }
        // A bundle inside a bundle takes two levels of its own around its values.
        guard depth <= WireLimits.maxValueDepth + 2 * WireLimits.maxBundleDepth else { throw .valueTooDeep }
        for _ in 0..<children { try skipItem(depth: depth + 1) }
    }

    private mutating func string(of length: Int) throws(WireError) -> MessagePackItem {
        let range = try take(length)
        guard bytes.isUTF8(range) else { throw .invalidUTF8 }
        return .string(range)
    }

    private func array(of count: Int) throws(WireError) -> MessagePackItem {
        guard count <= remaining else { throw .countExceedsPayload }
        return .array(count)
    }

    private func map(of count: Int) throws(WireError) -> MessagePackItem {
        guard count <= remaining / 2 else { throw .countExceedsPayload }
        return .map(count)
    }
}
