import RelayProtocol

/// The header of a WebSocket frame from a server (RFC 6455 §5.2).
struct ServerFrame {
    let opcode: UInt8
    let content: Range<Int>

    enum Failure: Error { case notOurs }

    /// Nil when more bytes are needed. A server masks nothing, and a relay of short messages cuts nothing up.
    init?(at start: Int, of bytes: RawSpan) throws(Failure) {
        let available = bytes.byteCount - start
        guard available >= 2 else { return nil }
        let (first, second) = (bytes.byte(at: start), bytes.byte(at: start + 1))
        guard first & 0xF0 == 0x80, second & 0x80 == 0, second < 127 else { throw .notOurs }
        var head = 2
        var count = Int(second)
        if second == 126 {
            guard available >= 4 else { return nil }
            head = 4
            count = Int(bytes.integer(at: start + 2, as: UInt16.self))
        }
        guard available >= head + count else { return nil }
        opcode = first & 0x0F
        content = start + head..<start + head + count
    }
}

/// Where the stamp stands in frames that begin with the same twelve bytes.
///
/// Those bytes hold the lengths of frame and message and the message's flags; so when the first of a kind has been
/// decoded, the rest need not be. A reader that decodes each would be slower than the relay it measures.
struct StampLayout {
    private let head: UInt64
    private let more: UInt32
    let frameBytes: Int
    let stampOffset: Int

    init(frame start: Int, frameBytes: Int, stampOffset: Int, of bytes: RawSpan) {
        head = bytes.integer(at: start)
        more = bytes.integer(at: start + 8)
        self.frameBytes = frameBytes
        self.stampOffset = stampOffset
    }

    @inline(__always)
    func fits(at start: Int, of bytes: RawSpan) -> Bool {
        bytes.byteCount &- start >= frameBytes && bytes.integer(at: start, as: UInt64.self) == head
            && bytes.integer(at: start &+ 8, as: UInt32.self) == more
    }
}
