/// The client's side of RFC 6455: masked frames out, unmasked frames in, strictly.
struct WebSocketFrames {
    enum Event: Equatable {
        case message([UInt8])
        case ping([UInt8])
        case close(code: UInt16?, reason: String)
    }

    private var input: [UInt8] = []
    private var position = 0
    /// The parts of a message that came in several frames.
    private var parts: [UInt8]?
    private let maxMessageBytes: Int

    init(maxMessageBytes: Int) { self.maxMessageBytes = maxMessageBytes }

    mutating func take(_ bytes: [UInt8]) {
        if position > 0 {
            input.removeFirst(position)
            position = 0
        }
        input += bytes
    }

    /// The next thing that is complete; nil when more bytes are needed.
    mutating func next() throws(ClientError) -> Event? {
        while let frame = try nextFrame() {
            switch frame.opcode {
            case 0x0, 0x1, 0x2:
                guard (parts == nil) == (frame.opcode != 0) else { throw ClientError("the relay mixed up its frames") }
                let whole = (parts ?? []) + frame.payload
                guard whole.count <= maxMessageBytes else { throw ClientError("the relay sent too much at once") }
                parts = frame.isLast ? nil : whole
                if frame.isLast { return .message(whole) }
            case 0x8: return Self.close(frame.payload)
            case 0x9: return .ping(frame.payload)
            case 0xA: continue
            default: throw ClientError("the relay sent a frame of an unknown kind")
            }
        }
        return nil
    }

    private struct Frame {
        let opcode: UInt8
        let isLast: Bool
        let payload: [UInt8]
    }

    private mutating func nextFrame() throws(ClientError) -> Frame? {
        let rest = input[position...]
        guard rest.count >= 2 else { return nil }
        let (first, second) = (rest[position], rest[position + 1])
        // §5.2: no extension was asked for. §5.1: a server does not mask.
        guard first & 0x70 == 0, second & 0x80 == 0 else { throw ClientError("the relay does not speak RFC 6455") }
        let isControl = first & 0x08 != 0
        let short = Int(second)
        guard !isControl || (first & 0x80 != 0 && short < 126) else {
            throw ClientError("the relay cut a control frame")
        }
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        guard rest.count >= 2 + lengthBytes else { return nil }
        let length: UInt64 =
            lengthBytes == 0
            ? UInt64(short)
            : rest[(position + 2)..<(position + 2 + lengthBytes)].reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(maxMessageBytes) else { throw ClientError("the relay sent too much at once") }
        let start = position + 2 + lengthBytes
        guard rest.count >= 2 + lengthBytes + Int(length) else { return nil }
        let payload = Array(input[start..<(start + Int(length))])
        position = start + Int(length)
        return Frame(opcode: first & 0x0F, isLast: first & 0x80 != 0, payload: payload)
    }

    private static func close(_ payload: [UInt8]) -> Event {
        guard payload.count >= 2 else { return .close(code: nil, reason: "") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        return .close(code: code, reason: String(decoding: payload[2...], as: UTF8.self))
    }

    // MARK: Writing

    enum Opcode: UInt8 { case binary = 0x2, close = 0x8, pong = 0xA }

    static func frame(_ opcode: Opcode, _ payload: [UInt8], mask: UInt32 = .random(in: .min ... .max)) -> [UInt8] {
        var bytes = [0x80 | opcode.rawValue]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        } else {
            bytes.append(0x80 | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32($0))) }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }
}
