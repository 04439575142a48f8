import RelayProtocol

/// A fast hash of texts that come from clients. The seed is random per process, so that nobody can prepare addresses
/// that collide.
struct KeyedHash {
    let seed: UInt64

    @inline(__always)
    func callAsFunction(_ text: RawSpan, in parent: UInt64 = 0) -> UInt32 {
        let count = text.byteCount
        var hash = Self.fold(seed ^ parent, 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count))
        var offset = 0
        while count &- offset > 8 {
            hash = Self.fold(hash ^ text.integer(at: offset), 0xE703_7ED1_A0B4_28DB)
            offset &+= 8
        }
        let tail: UInt64
        if count >= 8 {
            tail = text.integer(at: count &- 8)
        } else {
            var bytes: UInt64 = 0
            while offset < count {
                bytes = bytes << 8 | UInt64(text.byte(at: offset))
                offset &+= 1
            }
            tail = bytes
        }
        hash = Self.fold(hash ^ tail, 0x8EBC_6AF0_9C88_C6E3)
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    @inline(__always)
    private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}
