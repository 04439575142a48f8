/// Writes a payload from front to back into memory that somebody else owns. What does not fit throws; nothing wraps.
public struct ByteWriter: ~Copyable, ~Escapable {
    private var bytes: MutableRawSpan
    public private(set) var count: Int

    /// `count`: how much of the memory is written already and stays as it is.
    @_lifetime(copy bytes)
    public init(_ bytes: consuming MutableRawSpan, after count: Int = 0) {
        precondition(count >= 0 && count <= bytes.byteCount, "what is written is within the memory")
        self.bytes = bytes
        self.count = count
    }

    public var room: Int {
        @inline(__always) get { bytes.byteCount &- count }
    }

    @inline(__always)
    public mutating func integer<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) throws(WireError) {
        guard room >= MemoryLayout<I>.size else { throw .noRoom }
        bytes.store(value, uncheckedAt: count)
        count &+= MemoryLayout<I>.size
    }

    @inline(__always) public mutating func u8(_ value: UInt8) throws(WireError) { try integer(value) }
    @inline(__always) public mutating func u16(_ value: UInt16) throws(WireError) { try integer(value) }
    @inline(__always) public mutating func u32(_ value: UInt32) throws(WireError) { try integer(value) }
    @inline(__always) public mutating func u64(_ value: UInt64) throws(WireError) { try integer(value) }
    @inline(__always) public mutating func f64(_ value: Double) throws(WireError) { try integer(value.bitPattern) }

    @inline(__always)
    public mutating func append(_ source: RawSpan) throws(WireError) {
        // Nobody holds four gigabytes; a range of it could not say so.
        guard room >= source.byteCount, source.byteCount <= Int(UInt32.max) else { throw .noRoom }
        try append(ByteRange(0, count: source.byteCount), of: source)
    }

    @inline(__always)
    public mutating func append(_ range: ByteRange, of source: RawSpan) throws(WireError) {
        guard room >= Int(range.count) else { throw .noRoom }
        bytes.copy(range, of: source, uncheckedTo: count)
        count &+= Int(range.count)
    }

    /// A `str`.
    @inline(__always)
    public mutating func text(_ text: RawSpan) throws(WireError) {
        guard let length = UInt16(exactly: text.byteCount) else { throw .textTooLong }
        try u16(length)
        try append(text)
    }

    @inline(__always)
    public mutating func text(_ range: ByteRange, of source: RawSpan) throws(WireError) {
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
    public mutating func itemCount(_ items: Int) throws(WireError) {
        guard let count = UInt16(exactly: items) else { throw .tooManyItems }
        try u16(count)
    }

    /// Overwrites two bytes that were written before, once what they count is known.
    @inline(__always)
    public mutating func patch(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset &+ 2 <= count, "only what was written can be overwritten")
        bytes.store(value, uncheckedAt: offset)
    }

    @inline(__always)
    public mutating func patchByte(_ value: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count, "only what was written can be overwritten")
        bytes.store(value, uncheckedAt: offset)
    }

    /// Forgets what was written after `offset`, for a caller that tried and found no room.
    public mutating func rewind(to offset: Int) {
        count = min(count, offset)
    }
}
