extension RawSpan {
    /// Whether a range holds UTF-8 as Unicode defines it: shortest form, no surrogates, nothing above U+10FFFF.
    ///
    /// Addresses are nearly always ASCII, so eight bytes are looked at together until one is not.
    @inline(__always)
    package func isUTF8(_ range: ByteRange) -> Bool {
        let start = Int(range.start)
        let end = start + Int(range.count)
        var offset = start
        while end &- offset >= 8 {
            if integer(at: offset, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
                return isUTF8(from: offset, to: end)
            }
            offset &+= 8
        }
        guard offset < end else { return true }
        // The last, partial word: shift away what precedes it, or look byte by byte where there is no room before it.
        if end &- start >= 8 {
            let tail = integer(at: end &- 8, as: UInt64.self)
            return tail & 0x8080_8080_8080_8080 == 0 || isUTF8(from: offset, to: end)
        }
        return isUTF8(from: offset, to: end)
    }

    @inline(never)
    private func isUTF8(from start: Int, to end: Int) -> Bool {
        var offset = start
        while offset < end {
            let lead = byte(at: offset)
            offset &+= 1
            if lead < 0x80 { continue }
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
