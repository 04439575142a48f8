import RelayNet
import RelayProtocol

/// A WebSocket to a relay, for commands that wait for what they asked.
struct WebSocketClient {
    private let socket: ClientSocket
    private var frames = WebSocketFrames(maxMessageBytes: WireLimits.maxFrameBytes)
    /// The relay has said goodbye.
    private(set) var farewell: String?

    init(_ url: ClientURL, until deadline: Deadline, within time: Duration) throws(ClientError) {
        socket = try ClientSocket(to: url.host, url.port, within: time)
        // Sixteen random bytes in base64: the last digit carries only two bits.
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var key = (0..<21).map { _ in digits[Int.random(in: 0..<64)] }
        key.append(digits[16 * Int.random(in: 0..<4)])
        key += Array("==".utf8)
        let request =
            "GET \(url.path) HTTP/1.1\r\nHost: \(url.authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(String(decoding: key, as: UTF8.self))\r\n"
            + "Sec-WebSocket-Protocol: clasp\r\n\r\n"
        try socket.send(Array(request.utf8), until: deadline)
        var bytes: [UInt8] = []
        while true {
            let part = try socket.receive(until: deadline)
            bytes += part
            if let head = ResponseHead(bytes) {
                try Self.check(head, key: key)
                frames.take(Array(bytes[head.end...]))
                return
            }
            guard !part.isEmpty, bytes.count < 65_536 else { throw ClientError("what listens there is no relay") }
        }
    }

    private static func check(_ head: ResponseHead, key: [UInt8]) throws(ClientError) {
        switch head.status {
        case 101: break
        case 403: throw ClientError("the relay refuses clients from here (403)")
        case 503: throw ClientError("the relay has too many connections from here (503)")
        default: throw ClientError("what listens there does not open WebSockets (\(head.status))")
        }
        guard head.fields["sec-websocket-accept"] == Handshake.acceptance(of: key[...]),
            head.fields["sec-websocket-protocol"] == "clasp"
        else { throw ClientError("what listens there is no CLASP relay") }
    }

    func send(_ message: [UInt8], until deadline: Deadline) throws(ClientError) {
        try socket.send(WebSocketFrames.frame(.binary, message), until: deadline)
    }

    /// The next message; nil once the relay has closed.
    mutating func receive(until deadline: Deadline) throws(ClientError) -> [UInt8]? {
        while farewell == nil {
            switch try frames.next() {
            case .message(let message): return message
            case .ping(let payload): try socket.send(WebSocketFrames.frame(.pong, payload), until: deadline)
            case .close(let code, let reason):
                farewell = code.map { reason.isEmpty ? "\($0)" : "\($0) \(reason)" } ?? "without a reason"
                try? socket.send(WebSocketFrames.frame(.close, []), until: .after(.seconds(1)))
            case nil:
                let bytes = try socket.receive(until: deadline)
                guard !bytes.isEmpty else { throw ClientError("the relay broke the connection") }
                frames.take(bytes)
            }
        }
        return nil
    }

    /// Says goodbye, and does not wait for the answer.
    func close() {
        try? socket.send(WebSocketFrames.frame(.close, [0x03, 0xE8]), until: .after(.seconds(1)))
    }
}
