/// Reading plain integers out of received bytes. An offset outside the span stops the program; the parsers check first.
extension RawSpan {
    @inline(__always)
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    }

    @inline(__always)
    @_lifetime(copy self)
    func part(_ offset: Int, _ count: Int) -> RawSpan {
        extracting(offset..<offset + count)
    }
}

extension MutableRawSpan {
    /// Takes the client's mask off `count` bytes, eight at a time (RFC 6455 §5.3), and answers the key as it applies to
    /// the byte that follows.
    @discardableResult
    @inline(__always)
    mutating func unmask(_ offset: Int, _ count: Int, with key: UInt32) -> UInt32 {
        precondition(offset >= 0 && count >= 0 && count <= byteCount - offset, "only received bytes are unmasked")
        return unsafe withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return key }
            let start = unsafe base + offset
            let wide = UInt64(key) << 32 | UInt64(key)
            var position = 0
            while position &+ 8 <= count {
                let word = unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                unsafe start.storeBytes(of: word ^ wide, toByteOffset: position, as: UInt64.self)
                position &+= 8
            }
            var rest = key
            while position < count {
                let byte = unsafe start.load(fromByteOffset: position, as: UInt8.self)
                unsafe start.storeBytes(
                    of: byte ^ UInt8(truncatingIfNeeded: rest), toByteOffset: position, as: UInt8.self)
                rest = rest >> 8 | rest << 24
                position &+= 1
            }
            return rest
        }
    }
}
