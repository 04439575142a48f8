/// Reads a payload from front to back. Every read checks what is left and throws instead of trapping.
public struct ByteReader: ~Escapable {
    public let bytes: RawSpan
    public private(set) var offset: Int

    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    public var remaining: Int {
        @inline(__always) get { bytes.byteCount &- offset }
    }

    @inline(__always)
    public mutating func integer<I: FixedWidthInteger & BitwiseCopyable>() throws(WireError) -> I {
        guard remaining >= MemoryLayout<I>.size else { throw .truncated }
        let value = bytes.integer(at: offset, as: I.self)
        offset &+= MemoryLayout<I>.size
        return value
    }

    @inline(__always) public mutating func u8() throws(WireError) -> UInt8 { try integer() }
    @inline(__always) public mutating func u16() throws(WireError) -> UInt16 { try integer() }
    @inline(__always) public mutating func u32() throws(WireError) -> UInt32 { try integer() }
    @inline(__always) public mutating func u64() throws(WireError) -> UInt64 { try integer() }
    @inline(__always) public mutating func f64() throws(WireError) -> Double { Double(bitPattern: try integer()) }

    /// The next `count` bytes, whatever they are.
    @inline(__always)
    public mutating func take(_ count: Int) throws(WireError) -> ByteRange {
        guard remaining >= count else { throw .truncated }
        let range = ByteRange(offset, count: count)
        offset &+= count
        return range
    }

    /// A `str`: 16-bit length, then UTF-8.
    @inline(__always)
    public mutating func text() throws(WireError) -> ByteRange {
        let range = try take(Int(try u16()))
        guard bytes.isUTF8(range) else { throw .invalidUTF8 }
        return range
    }

    @inline(__always)
    public mutating func text(if present: Bool) throws(WireError) -> ByteRange? {
        present ? try text() : nil
    }

    @inline(__always)
    public mutating func u32(if present: Bool) throws(WireError) -> UInt32? {
        present ? try u32() : nil
    }

    @inline(__always)
    public mutating func u64(if present: Bool) throws(WireError) -> UInt64? {
        present ? try u64() : nil
    }

    /// A 16-bit count of items that take at least `minimum` bytes each, refused up front when they cannot all be there.
    @inline(__always)
    public mutating func count(itemsOfAtLeast minimum: Int) throws(WireError) -> Int {
        let count = Int(try u16())
        guard count * minimum <= remaining else { throw .countExceedsPayload }
        return count
    }
}
