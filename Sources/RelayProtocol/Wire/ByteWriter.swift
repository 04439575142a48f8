/// Writes a payload from front to back into memory that somebody else owns. What does not fit throws; nothing wraps.
package struct ByteWriter: ~Copyable, ~Escapable {
    private var bytes: MutableRawSpan
    package private(set) var count: Int

    @_lifetime(copy bytes)
    package init(_ bytes: consuming MutableRawSpan) {
        self.bytes = bytes
        count = 0
    }

    package var room: Int {
        @inline(__always) get { bytes.byteCount &- count }
    }

    @inline(__always)
    package mutating func integer<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) throws(WireError) {
        guard room >= MemoryLayout<I>.size else { throw .noRoom }
        bytes.store(value, at: count)
        count &+= MemoryLayout<I>.size
    }

    @inline(__always) package mutating func u8(_ value: UInt8) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func u16(_ value: UInt16) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func u32(_ value: UInt32) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func u64(_ value: UInt64) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func f64(_ value: Double) throws(WireError) { try integer(value.bitPattern) }

    @inline(__always)
    package mutating func append(_ source: RawSpan) throws(WireError) {
        guard room >= source.byteCount else { throw .noRoom }
        bytes.copy(source, to: count)
        count &+= source.byteCount
    }

    /// A `str`.
    @inline(__always)
    package mutating func text(_ text: RawSpan) throws(WireError) {
        guard let length = UInt16(exactly: text.byteCount) else { throw .textTooLong }
        try u16(length)
        try append(text)
    }

    @inline(__always)
    package mutating func itemCount(_ items: Int) throws(WireError) {
        guard let count = UInt16(exactly: items) else { throw .tooManyItems }
        try u16(count)
    }

    /// Overwrites two bytes that were written before, once what they count is known.
    @inline(__always)
    package mutating func patch(_ value: UInt16, at offset: Int) {
        bytes.store(value, at: offset)
    }

    @inline(__always)
    package mutating func patchByte(_ value: UInt8, at offset: Int) {
        bytes.store(value, at: offset)
    }

    /// Forgets what was written after `offset`, for a caller that tried and found no room.
    package mutating func rewind(to offset: Int) {
        count = min(count, offset)
    }
}
