import RelayJSON
import RelayProtocol

/// What each value begins with, so that whoever receives it can tell whose it is, whether one is missing, and how long
/// it took. A multiple of eight bytes, numbers in network order.
struct Stamp {
    /// Tells this run's values from what an earlier one left at the same address.
    let run: UInt32
    /// Which of the senders that a listener hears.
    let sender: UInt32
    let number: UInt64
    /// When it was to be sent by the monotonic clock. Not when it was: a generator or socket that falls behind must not
    /// make the relay look better.
    let due: UInt64

    static let bytes = 24

    @inline(__always)
    init(at offset: Int, of bytes: RawSpan) {
        run = bytes.integer(at: offset)
        sender = bytes.integer(at: offset &+ 4)
        number = bytes.integer(at: offset &+ 8)
        due = bytes.integer(at: offset &+ 16)
    }
}

/// Messages that carry a stamp: encoded once, with a place left for number and time.
struct StampedFrame {
    private var template: FrameTemplate
    private static let numberMark: UInt64 = 0xF1A5_C0DE_0000_0001
    private static let dueMark: UInt64 = 0xF1A5_C0DE_0000_0002

    /// `size`: of the whole value.
    init(
        _ signal: Signal, to address: String, run: UInt32, sender: UInt32, size: Int, _ quality: QualityOfService
    ) throws(BenchError) {
        var value: [UInt8] = []
        for word in [UInt64(run) << 32 | UInt64(sender), Self.numberMark, Self.dueMark] {
            value += (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
        value += [UInt8](repeating: 0x2E, count: size - Stamp.bytes)
        var message: [JSONMember] = [
            JSONMember("type", signal == .param ? "SET" : "PUBLISH"), JSONMember("address", .string(address)),
            JSONMember("value", ["t": "bytes", "hex": .string(Hex.text(value.rawSpan))]),
        ]
        if signal != .param { message.append(JSONMember("signal", .string("\(signal.name)"))) }
        template = try FrameTemplate(.object(message), quality, changing: [Self.numberMark, Self.dueMark])
    }

    @inline(__always)
    mutating func bytes(number: UInt64, due: UInt64) -> [UInt8] {
        template.put(number, in: 0)
        template.put(due, in: 1)
        return template.bytes
    }
}
