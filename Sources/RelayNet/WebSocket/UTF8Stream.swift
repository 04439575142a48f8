/// Checks text as it arrives, in pieces of any size, and refuses at the first byte that can no longer be UTF-8
/// (RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF).
package struct UTF8Stream: Sendable {
    /// Continuation bytes still to come in the character that has begun.
    private var missing: UInt8 = 0
    /// What the next continuation byte may be; narrower than 80…BF after E0, ED, F0 and F4.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    package init() {}

    /// No character has been left half said.
    package var isComplete: Bool { missing == 0 }

    package mutating func accepts(_ bytes: RawSpan) -> Bool {
        let count = bytes.byteCount
        var position = 0
        while position < count {
            if missing == 0 {
                while position &+ 8 <= count, bytes.load(UInt64.self, at: position) & 0x8080_8080_8080_8080 == 0 {
                    position &+= 8
                }
                guard position < count else { break }
            }
            guard accepts(bytes.load(UInt8.self, at: position)) else { return false }
            position &+= 1
        }
        return true
    }

    @inline(__always)
    private mutating func accepts(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard byte >= low, byte <= high else { return false }
            missing &-= 1
            low = 0x80
            high = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, low) = (2, 0xA0)
        case 0xE1...0xEC, 0xEE...0xEF: missing = 2
        case 0xED: (missing, high) = (2, 0x9F)
        case 0xF0: (missing, low) = (3, 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, high) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
