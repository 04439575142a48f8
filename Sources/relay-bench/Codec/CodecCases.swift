import RelayJSON
import RelayProtocol

/// The frames that `relay-bench codec` reads and writes: what a busy relay mostly sees.
struct CodecCases {
    enum Name: String, CaseIterable {
        case decodeSet = "decode-set"
        case encodeSet = "encode-set"
        case decodeMap = "decode-set-map6"
        case encodeMap = "encode-set-map6"
        case decodeEvent = "decode-event"
        case encodeEvent = "encode-event"
        case decodeSnapshot = "decode-snapshot800"
        case encodeSnapshot = "encode-snapshot800"
        case match = "match-pattern"
        /// The loop around `encodeSet` with a call that does nothing, to know what the loop itself takes.
        case emptyLoop = "empty-loop"
    }

    private let set: Frame
    private let map: Frame
    private let event: Frame
    private let snapshot: Frame
    private let pattern: Pattern
    private let address: [UInt8]

    /// A frame, and the message in it.
    struct Frame {
        let bytes: [UInt8]
        let message: Message
        let payload: [UInt8]

        init(_ json: JSONValue) {
            guard let reader = try? NotationReader(json), let message = try? reader.message() else {
                fatalError("a case is no message: \(json)")
            }
            payload = reader.payload
            self.message = message
            bytes =
                [
                    0x53, message.defaultQualityOfService.rawValue << 6 | 1, UInt8(payload.count >> 8),
                    UInt8(payload.count & 0xFF),
                ] + payload
        }
    }

    init() {
        let address = "/lumen/scene/0/layer/12/opacity"
        precondition(address.utf8.count == 31, "the small SET has an address of 31 bytes")
        func float(_ number: Double) -> JSONValue { ["t": "float", "v": .double(number)] }
        let members: [JSONValue] = [
            ["x", float(0.25)], ["y", float(0.75)], ["name", ["t": "string", "v": "spot left"]],
            ["on", ["t": "bool", "v": true]], ["count", ["t": "int", "v": "12"]], ["tag", ["t": "null"]],
        ]
        let object: JSONValue = ["t": "map", "v": .array(members)]
        set = Frame(["type": "SET", "address": .string(address), "value": float(0.5)])
        map = Frame(["type": "SET", "address": .string(address), "value": object])
        event = Frame([
            "type": "PUBLISH", "signal": "event", "address": "/lumen/cue/fire", "value": ["t": "string", "v": "go"],
            "timestamp": "1700000000123456",
        ])
        let params = (0..<800).map { index -> JSONValue in
            [
                "address": .string("/lumen/scene/0/layer/\(index)/opacity"), "value": float(0.5), "revision": "3",
                "writer": "w1", "timestamp": "1700000000123456",
            ]
        }
        snapshot = Frame(["type": "SNAPSHOT", "params": .array(params)])
        guard let pattern = Pattern("/lumen/scene/*/layer/**/opacity") else { fatalError("the case is no pattern") }
        self.pattern = pattern
        self.address = Array(address.utf8)
    }

    func size(of name: Name) -> Int {
        switch name {
        case .decodeSet, .encodeSet, .emptyLoop: set.bytes.count
        case .decodeMap, .encodeMap: map.bytes.count
        case .decodeEvent, .encodeEvent: event.bytes.count
        case .decodeSnapshot, .encodeSnapshot: snapshot.bytes.count
        case .match: address.count
        }
    }

    func run(_ name: Name, times: Int) {
        switch name {
        case .decodeSet: decode(set, times)
        case .encodeSet: encode(set, times)
        case .decodeMap: decode(map, times)
        case .encodeMap: encode(map, times)
        case .decodeEvent: decode(event, times)
        case .encodeEvent: encode(event, times)
        case .decodeSnapshot: decode(snapshot, times)
        case .encodeSnapshot: encode(snapshot, times)
        case .match: match(times)
        case .emptyLoop: loop(set, times)
        }
    }

    /// From the frame's first byte to the whole message in memory.
    @inline(never)
    private func decode(_ frame: Frame, _ times: Int) {
        let bytes = frame.bytes.rawSpan
        for _ in 0..<times {
            guard let header = try? ClaspFrame(reading: bytes) else { fatalError("a case is no frame") }
            let payload = bytes.bytes(header.payload)
            guard !MessageDecoder.isLegacy(payload), let message = try? MessageDecoder.decode(payload) else {
                fatalError("a case is no message")
            }
            keep(message)
        }
    }

    /// From a message to its frame, in memory that is used again and again.
    @inline(never)
    private func encode(_ frame: Frame, _ times: Int) {
        var buffer = [UInt8](repeating: 0, count: WireLimits.maxFrameBytes)
        let payload = frame.payload.rawSpan
        let count = try? buffer.withWriter { writer throws(WireError) in
            for _ in 0..<times {
                writer.rewind(to: 0)
                try MessageEncoder.frame(frame.message, in: payload, into: &writer)
            }
            return writer.count
        }
        precondition(times == 0 || count == frame.bytes.count, "a case cannot be written")
        precondition(times == 0 || buffer.starts(with: frame.bytes), "a case is written wrongly")
    }

    @inline(never)
    private func loop(_ frame: Frame, _ times: Int) {
        var buffer = [UInt8](repeating: 0, count: WireLimits.maxFrameBytes)
        let payload = frame.payload.rawSpan
        try? buffer.withWriter { writer throws(WireError) in
            for _ in 0..<times {
                writer.rewind(to: 0)
                try leave(frame.message, in: payload, into: &writer)
            }
        }
    }

    @inline(never)
    private func match(_ times: Int) {
        let address = address.rawSpan
        for _ in 0..<times {
            guard pattern.matches(address) else { fatalError("the case does not match") }
        }
    }
}

/// The compiler must make the message and cannot know that nobody looks at it.
@inline(never) @_optimize(none)
private func keep(_ message: borrowing Message) {}

/// Called like an encoder, and writes nothing.
@inline(never) @_optimize(none)
private func leave(
    _ message: borrowing Message, in payload: RawSpan, into writer: inout ByteWriter
) throws(WireError) {}
