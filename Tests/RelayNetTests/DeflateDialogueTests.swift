import RelayTestKit
import Testing

@testable import RelayNet

/// Compressed dialogues over the wire, with each set of parameters that clients ask for, in messages of all sizes.
@Suite struct DeflateDialogueTests {
    private static func server(takesOverContext: Bool) throws -> EchoServer {
        var limits = EchoServer.patient
        limits.maxMessageBytes = 1 << 20
        limits.maxPendingBytes = 8 << 20
        return try EchoServer.start(limits) {
            var options = DeflateOptions()
            options.takesOverContext = takesOverContext
            $0.compression = options
        }
    }

    static let forgetful = Result { try server(takesOverContext: false) }
    static let remembering = Result { try server(takesOverContext: true) }

    static let base = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
    static let offers = [
        base, base + "; server_no_context_takeover", base + "; server_max_window_bits=9",
        base + "; server_max_window_bits=15", base + "; server_no_context_takeover; server_max_window_bits=9",
        base + "; server_no_context_takeover; server_max_window_bits=15",
        base + "; server_no_context_takeover; server_max_window_bits=9, " + base, "permessage-deflate",
        "permessage-deflate; client_max_window_bits=9; server_max_window_bits=8",
    ]

    /// Text as people and programs write it: it repeats itself, near and far.
    private func prose(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
        let words = ["relay", "param", "{\"value\":", "0.75}", "street", "light", "ü", "\n", "subscribe", "42,"]
        var text: [UInt8] = []
        while text.count < count { text += words[Int(random.next() % 10)].utf8 + [0x20] }
        // Cut where it stays UTF-8: the last bytes become spaces.
        return Array(text[..<(count - min(count, 2))]) + repeatElement(0x20, count: min(count, 2))
    }

    @Test(arguments: offers, [false, true])
    func `come back as they were`(_ offer: String, _ takesOver: Bool) async throws {
        let server = try takesOver ? Self.remembering.get() : Self.forgetful.get()
        let client = try await server.connect()
        client.send(Array((WireClient.upgrade + "Sec-WebSocket-Extensions: \(offer)\r\n\r\n").utf8))
        let head = client.head()
        func agreed(_ parameter: String) -> Bool { head.contains(parameter) }
        try #require(agreed("Sec-WebSocket-Extensions: permessage-deflate"))
        let serverBits = [8, 9].first { agreed("server_max_window_bits=\($0)\r") || agreed("bits=\($0);") } ?? 15
        let clientBits = agreed("client_max_window_bits=9") ? 9 : 15
        let deflater = Deflater(windowBits: clientBits, level: 6)
        let inflater = Inflater(windowBits: serverBits)

        var random = SeededRandom(seed: 13)
        var messages: [[UInt8]] = []
        var sends: [UInt8] = []
        for size in [16, 64, 256, 1_024, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072] {
            for round in 0..<3 {
                let message = prose(size, &random)
                messages.append(message)
                var packed = ByteQueue()
                let isDone = unsafe deflater.deflate(
                    message.span.bytes, into: &packed, keepingContext: !agreed("client_no_context_takeover"))
                #expect(isDone)
                sends += fragments(packed.octets, of: round == 2 ? 256 : .max)
            }
        }
        let stream = sends + closing()
        async let written: Void = blocking { client.send(stream) }
        let heard = await blocking { Heard.read(client.receiveAll()) }
        await written
        #expect(heard.last == .close(1000))
        let compressed = heard.count { if case .compressed = $0 { true } else { false } }
        #expect(compressed >= 24, "all but the smallest are worth compressing")
        let echoes = heard.dropLast().map { answer -> [UInt8] in
            switch answer {
            case .text(let bytes): return bytes
            case .compressed(let bytes):
                var room = ByteQueue()
                _ = unsafe inflater.inflate(
                    bytes.span.bytes, into: &room, atMost: 1 << 20,
                    keepingContext: !agreed("server_no_context_takeover"))
                return room.octets
            default: return []
            }
        }
        #expect(echoes.map(\.count) == messages.map(\.count))
        let isSame = echoes == messages
        #expect(isSame)
    }

    private func fragments(_ payload: [UInt8], of size: Int) -> [UInt8] {
        guard payload.count > size else { return TestFrame(opcode: 1, payload: payload, reserved: 4).bytes }
        var frames: [UInt8] = []
        for start in stride(from: 0, to: payload.count, by: size) {
            let part = Array(payload[start..<min(start + size, payload.count)])
            let isFirst = start == 0
            frames +=
                TestFrame(
                    opcode: isFirst ? 1 : 0, payload: part, isLast: start + size >= payload.count,
                    reserved: isFirst ? 4 : 0
                ).bytes
        }
        return frames
    }
}
