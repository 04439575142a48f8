extension RawSpan {
    /// Whether a range holds UTF-8 as Unicode defines it: shortest form, no surrogates, nothing above U+10FFFF.
    ///
    /// Addresses are nearly always ASCII, so that is asked first.
    @inline(__always)
    public func isUTF8(_ range: ByteRange) -> Bool {
        isASCII(range) || isUTF8(from: Int(range.start), to: Int(range.start) + Int(range.count))
    }

    @inline(never)
    private func isUTF8(from start: Int, to end: Int) -> Bool {
        var offset = start
        while offset < end {
            let lead = byte(at: offset)
            if lead < 0x80 {
                // Over the ASCII in between in long steps.
                let isPlain = end &- offset >= 8 && isASCII(ByteRange(offset, count: 8))
                offset &+= isPlain ? 8 : 1
                continue
            }
            offset &+= 1
            // The second byte's bounds rule out overlong forms, surrogates and what lies above U+10FFFF.
            let more: Int
            var lowest: UInt8 = 0x80
            var highest: UInt8 = 0xBF
            switch lead {
            case 0xC2...0xDF: more = 1
            case 0xE0: (more, lowest) = (2, 0xA0)
            case 0xED: (more, highest) = (2, 0x9F)
            case 0xE1...0xEF: more = 2
            case 0xF0: (more, lowest) = (3, 0x90)
            case 0xF1...0xF3: more = 3
            case 0xF4: (more, highest) = (3, 0x8F)
            default: return false
            }
            guard end &- offset >= more else { return false }
            for position in 0..<more {
                let next = byte(at: offset &+ position)
                guard next >= lowest, next <= highest else { return false }
                lowest = 0x80
                highest = 0xBF
            }
            offset &+= more
        }
        return true
    }
}
