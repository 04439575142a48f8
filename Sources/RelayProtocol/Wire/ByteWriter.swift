/// Writes a payload from front to back into memory that somebody else owns. What does not fit throws; nothing wraps.
package struct ByteWriter: ~Copyable, ~Escapable {
    private var bytes: MutableRawSpan
    package private(set) var count: Int

    /// `count`: how much of the memory is written already and stays as it is.
    @_lifetime(copy bytes)
    package init(_ bytes: consuming MutableRawSpan, after count: Int = 0) {
        precondition(count >= 0 && count <= bytes.byteCount, "what is written is within the memory")
        self.bytes = bytes
        self.count = count
    }

    package var room: Int {
        @inline(__always) get { bytes.byteCount &- count }
    }

    @inline(__always)
    package mutating func integer<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) throws(WireError) {
        guard room >= MemoryLayout<I>.size else { throw .noRoom }
        bytes.store(value, uncheckedAt: count)
        count &+= MemoryLayout<I>.size
    }

    @inline(__always) package mutating func u8(_ value: UInt8) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func u16(_ value: UInt16) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func u32(_ value: UInt32) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func u64(_ value: UInt64) throws(WireError) { try integer(value) }
    @inline(__always) package mutating func f64(_ value: Double) throws(WireError) { try integer(value.bitPattern) }

    @inline(__always)
    package mutating func append(_ source: RawSpan) throws(WireError) {
        // Nobody holds four gigabytes; a range of it could not say so.
        guard room >= source.byteCount, source.byteCount <= Int(UInt32.max) else { throw .noRoom }
        try append(ByteRange(0, count: source.byteCount), of: source)
    }

    @inline(__always)
    package mutating func append(_ range: ByteRange, of source: RawSpan) throws(WireError) {
        guard room >= Int(range.count) else { throw .noRoom }
        bytes.copy(range, of: source, uncheckedTo: count)
        count &+= Int(range.count)
    }

    /// A `str`.
    @inline(__always)
    package mutating func text(_ text: RawSpan) throws(WireError) {
        guard let length = UInt16(exactly: text.byteCount) else { throw .textTooLong }
        try u16(length)
        try append(text)
    }

    @inline(__always)
    package mutating func text(_ range: ByteRange, of source: RawSpan) throws(WireError) {
        guard let length = UInt16(exactly: range.count) else { throw .textTooLong }
        try u16(length)
        try append(range, of: source)
    }

    /// Two bytes and a `str`, as most messages begin: four bytes in one go, and the text.
    @inline(__always)
    mutating func head(_ first: UInt8, _ second: UInt8, _ range: ByteRange, of source: RawSpan) throws(WireError) {
        guard let length = UInt16(exactly: range.count) else { throw .textTooLong }
        try u32(UInt32(first) << 24 | UInt32(second) << 16 | UInt32(length))
        try append(range, of: source)
    }

    /// Eight bytes and two ranges, for whoever knows his heads and lengths beforehand: the room is checked once.
    @inline(__always)
    mutating func append(
        _ head: UInt64, _ first: ByteRange, _ second: ByteRange, of source: RawSpan
    ) throws(WireError) {
        let firstOffset = 8 &+ count
        let secondOffset = firstOffset &+ Int(first.count)
        let end = secondOffset &+ Int(second.count)
        guard end <= bytes.byteCount else { throw .noRoom }
        bytes.store(head, uncheckedAt: count)
        bytes.copy(first, of: source, uncheckedTo: firstOffset)
        bytes.copy(second, of: source, uncheckedTo: secondOffset)
        count = end
    }

    @inline(__always)
    package mutating func itemCount(_ items: Int) throws(WireError) {
        guard let count = UInt16(exactly: items) else { throw .tooManyItems }
        try u16(count)
    }

    /// Overwrites two bytes that were written before, once what they count is known.
    @inline(__always)
    package mutating func patch(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset &+ 2 <= count, "only what was written can be overwritten")
        bytes.store(value, uncheckedAt: offset)
    }

    @inline(__always)
    package mutating func patchByte(_ value: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count, "only what was written can be overwritten")
        bytes.store(value, uncheckedAt: offset)
    }

    /// Forgets what was written after `offset`, for a caller that tried and found no room.
    package mutating func rewind(to offset: Int) {
        count = min(count, offset)
    }
}
