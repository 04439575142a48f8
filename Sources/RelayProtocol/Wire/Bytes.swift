/// The one file of this room that touches raw memory.
///
/// Everything else reads through the functions below, which check their bounds, and writes through `ByteWriter`, which
/// checks the room before it calls the unchecked ones. What the compiler cannot know is little: that any eight bytes are
/// a valid integer, and that two spans do not overlap.

#if canImport(Glibc)
import Glibc
#endif

extension RawSpan {
    /// The big-endian integer at `offset`. Traps outside the span: callers check first and report a `WireError`.
    @inline(__always)
    public func integer<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: I.Type = I.self) -> I {
        I(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: I.self))
    }

    @inline(__always)
    public func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether all bytes of a range are ASCII: eight at a time, the last ones together with some before them.
    @inline(__always)
    func isASCII(_ range: ByteRange) -> Bool {
        let count = Int(range.count)
        return unsafe bytes(range).withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            var high: UInt64 = 0
            if count >= 8 {
                var offset = 0
                while offset <= count &- 8 {
                    high |= unsafe start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    offset &+= 8
                }
                high |= unsafe start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            } else if count >= 4 {
                high = UInt64(unsafe start.loadUnaligned(as: UInt32.self))
                high |= UInt64(unsafe start.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            } else {
                for offset in 0..<count { high |= UInt64(unsafe start.load(fromByteOffset: offset, as: UInt8.self)) }
            }
            return high & 0x8080_8080_8080_8080 == 0
        }
    }

    /// Where that byte stands first at or behind `start`, else the end.
    @inline(__always)
    func firstOffset(of byte: UInt8, from start: Int) -> Int {
        guard start < byteCount else { return byteCount }
        return unsafe extracting(start..<byteCount).withUnsafeBytes { bytes in
            guard let begin = bytes.baseAddress, let found = unsafe memchr(begin, Int32(byte), bytes.count) else {
                return byteCount
            }
            return start + (unsafe UnsafeRawPointer(found) - begin)
        }
    }

    public func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                guard let one = mine.baseAddress, let two = theirs.baseAddress else { return true }
                return unsafe memcmp(one, two, mine.count) == 0
            }
        }
    }

    /// A copy, for what outlives the buffer it arrived in.
    public var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// The text, for logs and errors; bytes that are not UTF-8 are replaced.
    public var text: String {
        unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension RawSpan {
    /// The bytes of a range that was read from this same payload. Traps outside of it.
    @inline(__always)
    @_lifetime(copy self)
    public func bytes(_ range: ByteRange) -> RawSpan {
        let end = Int(range.start) &+ Int(range.count)
        precondition(end <= byteCount, "the range is not of this payload")
        return unsafe extracting(unchecked: Int(range.start)..<end)
    }
}

/// Writing behind a check: `ByteWriter` has made sure that there is room, and only debug builds look again.
extension MutableRawSpan {
    @inline(__always)
    mutating func store<I: FixedWidthInteger & BitwiseCopyable>(_ value: I, uncheckedAt offset: Int) {
        assert(offset >= 0 && MemoryLayout<I>.size <= byteCount - offset)
        unsafe storeBytes(of: value.bigEndian, toUncheckedByteOffset: offset, as: I.self)
    }

    /// Copies a range of `source`, which is checked.
    @inline(__always)
    mutating func copy(_ range: ByteRange, of source: RawSpan, uncheckedTo offset: Int) {
        let start = Int(range.start)
        let count = Int(range.count)
        precondition(start &+ count <= source.byteCount, "the range is not of this payload")
        assert(offset >= 0 && count <= byteCount - offset)
        // Addresses and numbers are short, and a call costs more than they do: word by word, and the last word ends
        // where the range does.
        guard count >= 8, count <= 64 else { return copyLong(range, of: source, uncheckedTo: offset) }
        var done = 0
        while done < count &- 8 {
            let word = unsafe source.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ done, as: UInt64.self)
            unsafe storeBytes(of: word, toUncheckedByteOffset: offset &+ done, as: UInt64.self)
            done &+= 8
        }
        let last = count &- 8
        let word = unsafe source.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ last, as: UInt64.self)
        unsafe storeBytes(of: word, toUncheckedByteOffset: offset &+ last, as: UInt64.self)
    }

    @inline(never)
    private mutating func copyLong(_ range: ByteRange, of source: RawSpan, uncheckedTo offset: Int) {
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
                unsafe memcpy(to + offset, from + Int(range.start), Int(range.count))
            }
        }
    }
}

extension Array where Element == UInt8 {
    public var rawSpan: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let elements = span
            return unsafe _overrideLifetime(elements.bytes, borrowing: self)
        }
    }

    /// Lets `body` write into the array's memory behind the first `count` bytes; its size stays as it is.
    public mutating func withWriter<Result: ~Copyable, Failure: Error>(
        after count: Int = 0, _ body: (inout ByteWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var elements = mutableSpan
        var writer = ByteWriter(unsafe elements.mutableBytes, after: count)
        return try body(&writer)
    }
}

extension RawSpan {
    public func isEqual(to text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        return unsafe withUnsafeBytes { mine in
            guard let bytes = mine.baseAddress else { return true }
            return unsafe memcmp(bytes, text.utf8Start, mine.count) == 0
        }
    }
}
