import CLinux
import Glibc
import Testing

/// A frame as the tests write it, right or wrong.
struct TestFrame {
    var opcode: UInt8
    var payload: [UInt8] = []
    var isLast = true
    var reserved: UInt8 = 0
    var isMasked = true
    /// Overrides the length field: its 7 bits, and what follows.
    var length: (short: UInt8, extended: [UInt8])?
    var mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    var bytes: [UInt8] {
        var bytes = [(isLast ? 0x80 : 0) | reserved << 4 | opcode]
        let marked: UInt8 = isMasked ? 0x80 : 0
        if let length {
            bytes.append(marked | length.short)
            bytes += length.extended
        } else if payload.count < 126 {
            bytes.append(marked | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            bytes += [marked | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        } else {
            bytes.append(marked | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8((payload.count >> shift) & 0xFF)) }
        }
        guard isMasked else { return bytes + payload }
        bytes += mask
        bytes.reserveCapacity(bytes.count + payload.count)
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index & 3]) }
        return bytes
    }
}

func text(_ payload: [UInt8], last: Bool = true, reserved: UInt8 = 0) -> [UInt8] {
    TestFrame(opcode: 1, payload: payload, isLast: last, reserved: reserved).bytes
}
func text(_ payload: String, last: Bool = true) -> [UInt8] { text(Array(payload.utf8), last: last) }
func binary(_ payload: [UInt8], last: Bool = true) -> [UInt8] {
    TestFrame(opcode: 2, payload: payload, isLast: last).bytes
}
func more(_ payload: [UInt8], last: Bool = true) -> [UInt8] {
    TestFrame(opcode: 0, payload: payload, isLast: last).bytes
}
func more(_ payload: String, last: Bool = true) -> [UInt8] { more(Array(payload.utf8), last: last) }
func ping(_ payload: [UInt8] = []) -> [UInt8] { TestFrame(opcode: 9, payload: payload).bytes }
func pong(_ payload: [UInt8] = []) -> [UInt8] { TestFrame(opcode: 10, payload: payload).bytes }
func closing(_ payload: [UInt8] = [0x03, 0xE8]) -> [UInt8] { TestFrame(opcode: 8, payload: payload).bytes }
func closing(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
    closing([UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
}

/// What a server sent: frames, until it shut its side.
enum Heard: Equatable, CustomStringConvertible {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// Nil for a Close frame without a code.
    case close(Int?)
    case compressed([UInt8])
    case nonsense(String)

    var description: String {
        switch self {
        case .text(let bytes): "text of \(bytes.count)"
        case .binary(let bytes): "binary of \(bytes.count)"
        case .ping(let bytes): "ping of \(bytes.count)"
        case .pong(let bytes): "pong of \(bytes.count)"
        case .close(let code): "close \(code.map(String.init) ?? "without a code")"
        case .compressed(let bytes): "compressed message of \(bytes.count)"
        case .nonsense(let what): "nonsense: \(what)"
        }
    }

    /// Cuts what a server sent into frames; servers neither mask nor, here, fragment.
    static func read(_ bytes: [UInt8]) -> [Heard] {
        var heard: [Heard] = []
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= 2 else { return heard + [.nonsense("half a header")] }
            let first = bytes[position]
            var length = Int(bytes[position + 1])
            var start = position + 2
            if length > 127 { return heard + [.nonsense("a masked frame")] }
            let extra = length == 126 ? 2 : length == 127 ? 8 : 0
            guard bytes.count >= start + extra else { return heard + [.nonsense("half a length")] }
            if extra > 0 { length = bytes[start..<start + extra].reduce(0) { $0 << 8 | Int($1) } }
            start += extra
            let isMinimal = extra == 0 || length > (extra == 2 ? 125 : 0xFFFF)
            guard isMinimal else { return heard + [.nonsense("a length that is not minimal")] }
            guard bytes.count >= start + length else { return heard + [.nonsense("half a frame")] }
            let payload = Array(bytes[start..<start + length])
            position = start + length
            switch first {
            case 0x81: heard.append(.text(payload))
            case 0x82: heard.append(.binary(payload))
            case 0x88, 0x89, 0x8A:
                guard extra == 0 else { return heard + [.nonsense("a long control frame")] }
                heard.append(control(first, payload))
            case 0xC1, 0xC2: heard.append(.compressed(payload))
            default: heard.append(.nonsense("first byte \(first)"))
            }
        }
        return heard
    }

    private static func control(_ first: UInt8, _ payload: [UInt8]) -> Heard {
        switch first {
        case 0x89: return .ping(payload)
        case 0x8A: return .pong(payload)
        default: break
        }
        if payload.isEmpty { return .close(nil) }
        guard payload.count >= 2, String(validating: payload[2...], as: UTF8.self) != nil else {
            return .nonsense("a Close frame with half a code or a broken reason")
        }
        return .close(Int(payload[0]) << 8 | Int(payload[1]))
    }
}

/// The client's end of a connection, with nothing between a test and its bytes.
final class WireClient: Sendable {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { clinux_close(descriptor) }

    static let upgrade = """
        GET /any?thing HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n
        """

    private func wait(_ events: Int32) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return unsafe poll(&poller, 1, 120_000) > 0
    }

    /// Writes everything, in pieces of `step` bytes; a server that has gone is no error.
    func send(_ bytes: [UInt8], step: Int = .max) {
        var position = 0
        while position < bytes.count {
            let count = min(step, bytes.count - position)
            let sent = unsafe bytes.withUnsafeBytes { buffer in
                unsafe clinux_send(descriptor, buffer.baseAddress?.advanced(by: position), count)
            }
            if sent > 0 {
                position += sent
            } else if sent != -11 || !wait(POLLOUT) {
                return
            }
        }
    }

    /// What one read brought.
    enum Arrival: Equatable {
        case bytes([UInt8])
        /// The server has shut its side.
        case end
        /// TCP broke.
        case reset
    }

    func arrival() -> Arrival {
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe room.withUnsafeMutableBytes {
                unsafe clinux_receive(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 { return .bytes(Array(room[..<count])) }
            if count == 0 { return .end }
            guard count == -11 else { return .reset }
            guard wait(POLLIN) else {
                Issue.record("the server is silent, and has left TCP open")
                return .end
            }
        }
    }

    /// One read; nil when nothing more comes.
    func receive() -> [UInt8]? {
        if case .bytes(let bytes) = arrival() { bytes } else { nil }
    }

    func receiveAll() -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = receive() { all += bytes }
        return all
    }

    /// Reads until at least `count` bytes are there.
    func receive(atLeast count: Int) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count, let bytes = receive() { all += bytes }
        return all
    }

    /// Reads the head of the server's answer and nothing of what follows it.
    func head() -> String {
        var all: [UInt8] = []
        var byte: UInt8 = 0
        while !all.suffix(4).elementsEqual([13, 10, 13, 10]) {
            let count = unsafe clinux_receive(descriptor, &byte, 1)
            if count == 1 {
                all.append(byte)
            } else if count != -11 || !wait(POLLIN) {
                break
            }
        }
        return String(decoding: all, as: UTF8.self)
    }

    func shutDown() { clinux_shutdown_write(descriptor) }
}
