/// What a message carries (RFC 6455 §5.6).
public enum MessageKind: UInt8, Sendable {
    case text = 1
    case binary = 2
}

/// The limits a peer's frames are held to.
package struct FrameRules: Sendable {
    package var maxMessageBytes: Int
    /// permessage-deflate was agreed on, so that RSV1 has a meaning (RFC 7692 §6).
    package var allowsCompression = false

    package init(maxMessageBytes: Int, allowsCompression: Bool = false) {
        self.maxMessageBytes = maxMessageBytes
        self.allowsCompression = allowsCompression
    }
}

/// The first bytes of a client's frame (RFC 6455 §5.2), checked as far as they can be without its payload.
struct FrameHeader {
    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    enum Outcome {
        case incomplete
        case header(FrameHeader)
        case violation(Violation)
    }

    let opcode: Opcode
    let isLast: Bool
    let isCompressed: Bool
    /// Payload bytes that follow.
    let length: Int
    /// Bytes of the header itself, mask included.
    let count: Int
    let mask: UInt32

    static let maxControlBytes = 125

    /// Reads the header at the beginning of `bytes`. `held` is the size of the unfinished message the frame may
    /// continue, nil when there is none. What is wrong is said as soon as the byte that shows it is there.
    static func read(_ bytes: RawSpan, continuing held: Int?, under rules: FrameRules) -> Outcome {
        guard bytes.byteCount >= 2 else { return .incomplete }
        let first = bytes.load(UInt8.self, at: 0)
        let second = bytes.load(UInt8.self, at: 1)
        guard let opcode = Opcode(rawValue: first & 0x0F) else { return wrong("reserved opcode") }
        let isLast = first & 0x80 != 0
        let isCompressed = first & 0x40 != 0
        guard first & 0x30 == 0 else { return wrong("reserved bit set") }
        // RFC 7692 §6.1: the bit stands on the first frame of a message only.
        if isCompressed, !rules.allowsCompression || opcode.isControl || opcode == .continuation {
            return wrong("reserved bit set")
        }
        guard second & 0x80 != 0 else { return wrong("frame not masked") }
        let short = Int(second & 0x7F)
        if opcode.isControl {
            guard isLast else { return wrong("control frame fragmented") }
            guard short <= maxControlBytes else { return wrong("control frame too long") }
        } else if opcode == .continuation {
            guard held != nil else { return wrong("nothing to continue") }
        } else {
            guard held == nil else { return wrong("message not finished") }
        }
        let length: UInt64
        let extended: Int
        switch short {
        case 126:
            guard bytes.byteCount >= 4 else { return .incomplete }
            length = UInt64(UInt16(bigEndian: bytes.load(UInt16.self, at: 2)))
            guard length >= 126 else { return wrong("length not minimal") }
            extended = 2
        case 127:
            guard bytes.byteCount >= 10 else { return .incomplete }
            length = UInt64(bigEndian: bytes.load(UInt64.self, at: 2))
            guard length >> 63 == 0 else { return wrong("length out of range") }
            guard length > 0xFFFF else { return wrong("length not minimal") }
            extended = 8
        default:
            length = UInt64(short)
            extended = 0
        }
        if !opcode.isControl, length > UInt64(max(0, rules.maxMessageBytes - (held ?? 0))) {
            return .violation(Violation(.messageTooBig, "message too big"))
        }
        guard bytes.byteCount >= 2 + extended + 4 else { return .incomplete }
        return .header(
            FrameHeader(
                opcode: opcode, isLast: isLast, isCompressed: isCompressed, length: Int(length),
                count: 2 + extended + 4, mask: bytes.load(UInt32.self, at: 2 + extended)))
    }

    private static func wrong(_ reason: StaticString) -> Outcome {
        .violation(Violation(.protocolError, reason))
    }

    /// Bytes a server's header takes for a payload of that size: no mask (§5.1).
    @inline(__always)
    static func serverBytes(for length: Int) -> Int {
        length < 126 ? 2 : length <= 0xFFFF ? 4 : 10
    }

    /// Writes a server's header, `header` bytes as `serverBytes` has it, for a payload of `count` bytes.
    @inline(__always)
    static func write(_ first: UInt8, _ count: Int, _ header: Int, at start: UnsafeMutableRawPointer) {
        unsafe start.storeBytes(of: first, as: UInt8.self)
        switch header {
        case 2: unsafe start.storeBytes(of: UInt8(truncatingIfNeeded: count), toByteOffset: 1, as: UInt8.self)
        case 4:
            unsafe start.storeBytes(of: 126, toByteOffset: 1, as: UInt8.self)
            unsafe start.storeBytes(
                of: UInt16(truncatingIfNeeded: count).bigEndian, toByteOffset: 2, as: UInt16.self)
        default:
            unsafe start.storeBytes(of: 127, toByteOffset: 1, as: UInt8.self)
            unsafe start.storeBytes(of: UInt64(count).bigEndian, toByteOffset: 2, as: UInt64.self)
        }
    }
}
