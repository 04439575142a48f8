/// Integers as CLASP and the journal write them: most significant byte first.
extension [UInt8] {
    @inline(__always)
    mutating func appendBigEndian(_ value: some FixedWidthInteger & UnsignedInteger) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Overwrites bytes that are there already, in one store.
    @inline(__always)
    mutating func putBigEndian(_ value: some FixedWidthInteger & UnsignedInteger & BitwiseCopyable, at offset: Int) {
        var span = mutableSpan
        // "Unsafe" because bytes of any pattern could be stored; for integers every pattern is a value.
        var bytes = unsafe span.mutableBytes
        bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value))
    }
}

/// Reads what others have written, so every length is doubted; nil is the answer to whatever does not fit.
struct ByteCursor: ~Escapable {
    private let bytes: Span<UInt8>
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    @_lifetime(self: copy self)
    mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(_ type: Integer.Type) -> Integer? {
        let size = Integer.bitWidth / 8
        guard remaining >= size else { return nil }
        var value: Integer = 0
        for index in offset..<offset + size { value = value << 8 | Integer(truncatingIfNeeded: bytes[index]) }
        offset += size
        return value
    }

    @_lifetime(self: copy self)
    mutating func byte() -> UInt8? { integer(UInt8.self) }

    /// The next bytes, as a place in the span.
    @_lifetime(self: copy self)
    mutating func range(_ count: Int) -> Range<Int>? {
        guard count >= 0, remaining >= count else { return nil }
        offset += count
        return offset - count..<offset
    }
}

extension Span<UInt8> {
    func copy(_ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.append(extracting(range))
        return copy
    }
}
