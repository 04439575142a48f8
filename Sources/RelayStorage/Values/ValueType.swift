/// The type codes of canonical CLASP values (protocol.md, "Values"): integers are i64, floats f64.
enum ValueType {
    static let null: UInt8 = 0x00
    static let bool: UInt8 = 0x01
    static let int: UInt8 = 0x05
    static let float: UInt8 = 0x07
    static let string: UInt8 = 0x08
    static let bytes: UInt8 = 0x09
    static let array: UInt8 = 0x0A
    static let map: UInt8 = 0x0B

    /// Arrays and maps inside each other.
    static let depthLimit = 64
}

/// Members that JSON has no type for are objects with one of these keys. A map of the application that begins with such
/// a key is wrapped in `$map`, so that reading is never a guess.
enum ValueMark {
    static let bytes = Array("$bytes".utf8)
    /// The bits of a float that JSON cannot write: NaN and the infinities.
    static let float = Array("$f64".utf8)
    static let map = Array("$map".utf8)
}

extension Span<UInt8> {
    func equals(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    var isValueMark: Bool {
        equals(ValueMark.bytes) || equals(ValueMark.float) || equals(ValueMark.map)
    }
}
