/// The one file of this room that touches raw memory.
///
/// Everything else reads and writes through the bounds-checked functions below; each is `unsafe` only to the compiler,
/// which cannot know that any eight bytes are a valid integer, or that two spans do not overlap.

#if canImport(Glibc)
import Glibc
#endif

extension RawSpan {
    /// The big-endian integer at `offset`. Traps outside the span: callers check first and report a `WireError`.
    @inline(__always)
    package func integer<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: I.Type = I.self) -> I {
        I(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: I.self))
    }

    @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    package func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                guard let one = mine.baseAddress, let two = theirs.baseAddress else { return true }
                return unsafe memcmp(one, two, mine.count) == 0
            }
        }
    }

    /// A copy, for what outlives the buffer it arrived in.
    package var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// The text, for logs and errors; bytes that are not UTF-8 are replaced.
    package var text: String {
        unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension MutableRawSpan {
    @inline(__always)
    package mutating func store<I: FixedWidthInteger & BitwiseCopyable>(_ value: I, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: I.self)
    }

    /// Copies `source` to `offset`. Traps when it does not fit: callers check first.
    @inline(__always)
    package mutating func copy(_ source: RawSpan, to offset: Int) {
        precondition(offset >= 0 && source.byteCount <= byteCount &- offset, "the copy does not fit its target")
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
                unsafe memcpy(to + offset, from, bytes.count)
            }
        }
    }
}

extension Array where Element == UInt8 {
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let elements = span
            return unsafe _overrideLifetime(elements.bytes, borrowing: self)
        }
    }

    /// Lets `body` write into the array's memory, whose size stays as it is.
    package mutating func withWriter<Result: ~Copyable, Failure: Error>(
        _ body: (inout ByteWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var elements = mutableSpan
        var writer = ByteWriter(unsafe elements.mutableBytes)
        return try body(&writer)
    }
}

extension RawSpan {
    package func isEqual(to text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        return unsafe withUnsafeBytes { mine in
            guard let bytes = mine.baseAddress else { return true }
            return unsafe memcmp(bytes, text.utf8Start, mine.count) == 0
        }
    }
}
