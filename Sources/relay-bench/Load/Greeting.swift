import RelayJSON
import RelayProtocol

/// What a session sends before it is ready. Made once for all sessions that do the same.
struct Greeting {
    let upgrade: [UInt8]
    let hello: [UInt8]
    /// SUBSCRIBE, if anything is asked for, and a PING: its PONG tells that the relay has done it.
    let subscribe: [UInt8]

    /// The response to the sample key of RFC 6455 §1.3, so that nothing need be computed to check it.
    static let acceptance = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    init(_ endpoint: Endpoint, subscribing pattern: String?, types: [Signal] = []) throws(BenchError) {
        let authority = (endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host) + ":\(endpoint.port)"
        upgrade = Array(
            ("GET / HTTP/1.1\r\nHost: \(authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(Self.key)\r\nSec-WebSocket-Protocol: clasp\r\n\r\n")
                .utf8)
        hello =
            try FrameTemplate(
                [
                    "type": "HELLO", "version": 1, "features": ["param", "event", "stream", "gesture", "timeline"],
                    "name": "relay-bench",
                ], .fire
            ).bytes
        var frames: [UInt8] = []
        if let pattern {
            frames += try FrameTemplate(["type": "SUBSCRIBE", "id": 1, "pattern": .string(pattern)], .fire).bytes
        }
        subscribe = frames + Self.ping
    }

    static let ping = ClientFrame.bytes(.binary, [ClaspFrame.magic, 0x01, 0, 1, MessageType.ping.rawValue])
}
