import RelayJSON
import RelayProtocol

/// A client's WebSocket frame, encoded and masked once, of which some words of eight bytes change before each sending.
struct FrameTemplate {
    private(set) var bytes: [UInt8]
    private var words: [Word] = []

    private struct Word {
        let place: Int
        /// The frame's masking key as it lies over these eight bytes.
        let mask: UInt64
    }

    /// `marks`: the words that will change, as they stand in the message now.
    init(_ message: JSONValue, _ quality: QualityOfService, changing marks: [UInt64] = []) throws(BenchError) {
        let frame = try Self.encoded(message, quality)
        let key = UInt32.random(in: 1...UInt32.max)
        bytes = ClientFrame.bytes(.binary, frame, key: key)
        let start = bytes.count - frame.count
        for mark in marks {
            let places = (0...max(0, frame.count - 8)).filter {
                frame.count >= 8 && frame.rawSpan.integer(at: $0, as: UInt64.self) == mark
            }
            guard let place = places.first, places.count == 1 else { throw BenchError("a frame lacks what changes") }
            let turned = key << UInt32(8 * (place & 3)) | (place & 3 == 0 ? 0 : key >> UInt32(32 - 8 * (place & 3)))
            words.append(Word(place: start + place, mask: UInt64(turned) << 32 | UInt64(turned)))
        }
    }

    @inline(__always)
    mutating func put(_ value: UInt64, in index: Int) {
        let word = words[index]
        let masked = value ^ word.mask
        // There is room: the word was found there.
        try? bytes.withWriter(after: word.place) { writer throws(WireError) in try writer.u64(masked) }
    }

    private static func encoded(_ message: JSONValue, _ quality: QualityOfService) throws(BenchError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: WireLimits.maxFrameBytes)
        do {
            let reader = try NotationReader(message)
            let payload = reader.payload
            let decoded = try reader.message()
            let count = try bytes.withWriter { writer throws(WireError) in
                try MessageEncoder.frame(decoded, in: payload.rawSpan, qualityOfService: quality, into: &writer)
                return writer.count
            }
            return Array(bytes[..<count])
        } catch {
            throw BenchError("\(message["type"]?.string ?? "a message") cannot be encoded: \(error)")
        }
    }
}

/// A client's frames of RFC 6455.
enum ClientFrame {
    enum Opcode: UInt8 { case binary = 0x2, close = 0x8, pong = 0xA }

    static func bytes(_ opcode: Opcode, _ content: [UInt8], key: UInt32 = .random(in: 1 ... .max)) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | opcode.rawValue]
        if content.count < 126 {
            bytes.append(0x80 | UInt8(content.count))
        } else {
            // The protocol has no message that would need more.
            bytes += [0x80 | 126, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        }
        let mask = (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * $0)) }
        return bytes + mask + content.enumerated().map { $1 ^ mask[$0 & 3] }
    }
}
