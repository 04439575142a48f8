/// The type code in front of a value's data. Integers keep apart from floats: a relay that mixed them would show
/// Python programs `7` where `7.0` was written.
public enum ValueType: UInt8, Sendable {
    case null = 0x00
    case bool = 0x01
    case i8 = 0x02
    case i16 = 0x03
    case i32 = 0x04
    case i64 = 0x05
    case f32 = 0x06
    case f64 = 0x07
    case string = 0x08
    case bytes = 0x09
    case array = 0x0A
    case map = 0x0B
}

/// A value that was validated and still stands in the payload it came with.
public struct ValueReference: Equatable, Sendable {
    public var type: ValueType
    /// Whether the bytes are as we would write them: integers as i64, floats as f64, booleans 0 or 1.
    public var isCanonical: Bool
    public var data: ByteRange

    @inline(__always)
    public init(type: ValueType, isCanonical: Bool, data: ByteRange) {
        self.type = type
        self.isCanonical = isCanonical
        self.data = data
    }

    public static let null = ValueReference(type: .null, isCanonical: true, data: .empty)
}
