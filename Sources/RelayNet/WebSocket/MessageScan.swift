extension MutableRawSpan {
    /// Takes in a run of whole messages, each in one short unfragmented and uncompressed frame: unmasks them in place
    /// and notes where they lie. This is nearly all traffic there is, and what a message costs is decided here.
    ///
    /// Stops before whatever is not of this shape or not complete, behind a text that is not UTF-8 (`badText`), or when
    /// `room` ranges are noted. Answers how many those are.
    mutating func scanMessages(
        from cursor: inout Int, upTo maxMessageBytes: Int, into ranges: UnsafeMutablePointer<MessageRange>, room: Int,
        badText: inout Bool
    ) -> Int {
        let end = byteCount
        precondition(cursor >= 0 && cursor <= end, "the cursor lies within what was received")
        let longest = min(maxMessageBytes, 125)
        return unsafe withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var position = cursor
            var made = 0
            while position &+ 6 <= end, made < room {
                let head = unsafe UInt16(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt16.self))
                let kind = head & 0xFF
                let length = Int(head >> 8) &- 0x80
                let start = position &+ 6
                // A frame without a mask has a negative length here.
                guard kind == 0x82 || kind == 0x81, length >= 0, length <= longest, start &+ length <= end else {
                    break
                }
                let mask = unsafe base.loadUnaligned(fromByteOffset: position &+ 2, as: UInt32.self)
                unsafe Self.unmask(base + start, length, mask)
                unsafe (ranges + made).initialize(
                    to: MessageRange(
                        offset: Int32(truncatingIfNeeded: start), length: Int32(truncatingIfNeeded: length),
                        kind: kind == 0x81 ? .text : .binary))
                position = start &+ length
                if kind == 0x81 {
                    var text = UTF8Stream()
                    let bytes = unsafe RawSpan(_unsafeStart: base + start, byteCount: length)
                    guard text.accepts(bytes), text.isComplete else {
                        badText = true
                        break
                    }
                }
                made &+= 1
            }
            cursor = position
            return made
        }
    }

    @inline(__always)
    private static func unmask(_ start: UnsafeMutableRawPointer, _ count: Int, _ mask: UInt32) {
        let wide = UInt64(mask) << 32 | UInt64(mask)
        var position = 0
        while position &+ 8 <= count {
            let word = unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            unsafe start.storeBytes(of: word ^ wide, toByteOffset: position, as: UInt64.self)
            position &+= 8
        }
        var rest = wide
        while position < count {
            let byte = unsafe start.load(fromByteOffset: position, as: UInt8.self)
            unsafe start.storeBytes(of: byte ^ UInt8(truncatingIfNeeded: rest), toByteOffset: position, as: UInt8.self)
            rest >>= 8
            position &+= 1
        }
    }
}
