import RelayTestKit
import Testing

@testable import RelayNet

@Suite struct DeflateTests {
    static let forgetful = Result { try EchoServer.start { $0.compression = DeflateOptions() } }
    static let remembering = Result {
        try EchoServer.start {
            var options = DeflateOptions()
            options.takesOverContext = true
            $0.compression = options
        }
    }
    static let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"

    @Test(arguments: [
        ("permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        (
            "x-other, permessage-deflate;server_max_window_bits=10",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"
        ),
        (
            "permessage-deflate; client_max_window_bits=9",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=9"
        ),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        ),
        (
            "permessage-deflate; server_max_window_bits=\"8\"",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8"
        ),
        (
            "permessage-deflate; server_max_window_bits=16, permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        ),
    ])
    func `an offer that can be met is met`(_ offer: String, _ answer: String) {
        let agreement = DeflateAgreement(
            offers: offer.split(separator: ",").map { String($0) }, options: DeflateOptions())
        #expect(agreement?.header == answer)
    }

    @Test(arguments: [
        "", "permessage-bzip2", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08", "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; client_max_window_bits=", "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9", "permessage-deflate;",
    ])
    func `an offer with anything wrong is declined`(_ offer: String) {
        #expect(DeflateAgreement(offers: [offer], options: DeflateOptions()) == nil)
    }

    @Test func `context is kept only when both sides may`() {
        var options = DeflateOptions()
        options.takesOverContext = true
        #expect(DeflateAgreement(offers: ["permessage-deflate"], options: options)?.header == "permessage-deflate")
        let half = DeflateAgreement(offers: ["permessage-deflate; server_no_context_takeover"], options: options)
        #expect(half?.serverTakesOver == false && half?.clientTakesOver == true)
    }

    @Test(arguments: [8, 9, 10, 12, 15], [true, false])
    func `what is deflated inflates again`(_ bits: Int, _ keeps: Bool) {
        var random = SeededRandom(seed: UInt64(bits))
        let deflater = Deflater(windowBits: bits, level: 5)
        // A window of 256 bytes is what the client has then, so that is what must suffice.
        let inflater = Inflater(windowBits: bits)
        for round in 0..<60 {
            let size = [0, 1, 20, 300, 5_000, 70_000][round % 6]
            let message = (0..<size).map { _ in UInt8(ascii: "a") + UInt8(random.next() % (round % 2 == 0 ? 3 : 26)) }
            var packed = ByteQueue()
            let isDone = unsafe deflater.deflate(message.span.bytes, into: &packed, keepingContext: keeps)
            #expect(isDone)
            var unpacked = ByteQueue()
            let outcome = inflater.inflate(packed.bytes, into: &unpacked, atMost: size, keepingContext: keeps)
            let taken = packed.count
            #expect(outcome == .done, "round \(round), \(taken) bytes compressed")
            let isSame = unpacked.octets == message
            #expect(isSame, "round \(round), \(taken) bytes compressed")
        }
    }

    private func compressed(_ message: [UInt8], bits: Int = 15) -> [UInt8] {
        var packed = ByteQueue()
        _ = unsafe Deflater(windowBits: bits, level: 6).deflate(
            message.span.bytes, into: &packed, keepingContext: false)
        return packed.octets
    }

    private func inflated(_ heard: Heard) -> [UInt8] {
        switch heard {
        case .compressed(let bytes):
            var unpacked = ByteQueue()
            _ = unsafe Inflater(windowBits: 15).inflate(
                bytes.span.bytes, into: &unpacked, atMost: 1 << 20, keepingContext: false)
            return unpacked.octets
        case .text(let bytes), .binary(let bytes): return bytes
        default: return []
        }
    }

    static let sizes = [0, 1, 16, 63, 64, 256, 1_000, 8_192, 60_000]

    @Test(arguments: sizes, [1, 2] as [UInt8])
    func `compressed messages come back`(_ size: Int, _ opcode: UInt8) async throws {
        let client = try await Self.forgetful.get().open(Self.offer)
        let message = letters(size)
        let packed = compressed(message)
        let frame = TestFrame(opcode: opcode, payload: packed, reserved: 4).bytes
        // The same in fragments, with a ping in between: the bit stands on the first one only.
        let half = packed.count / 2
        let first = TestFrame(opcode: opcode, payload: Array(packed[..<half]), isLast: false, reserved: 4).bytes
        let uncompressed = TestFrame(opcode: opcode, payload: message).bytes
        client.send(frame + first + ping() + more(Array(packed[half...])) + uncompressed + closing())
        let heard = Heard.read(client.receiveAll())
        #expect(heard.count == 5)
        #expect(heard.filter { $0 == .pong([]) }.count == 1)
        #expect(heard.last == .close(1000))
        for answer in heard.dropLast() where answer != .pong([]) { #expect(inflated(answer) == message) }
    }

    @Test func `a stream with context comes back`() async throws {
        let client = try await Self.remembering.get().open(Self.offer)
        let deflater = Deflater(windowBits: 15, level: 6)
        let inflater = Inflater(windowBits: 15)
        var sent: [[UInt8]] = []
        for round in 0..<50 {
            let message = letters(100 + round * 13)
            var packed = ByteQueue()
            _ = unsafe deflater.deflate(message.span.bytes, into: &packed, keepingContext: true)
            client.send(TestFrame(opcode: 2, payload: packed.octets, reserved: 4).bytes)
            sent.append(message)
        }
        client.send(closing())
        let heard = Heard.read(client.receiveAll())
        #expect(heard.last == .close(1000))
        let unpacked = heard.dropLast().map { answer -> [UInt8] in
            guard case .compressed(let bytes) = answer else { return [] }
            var room = ByteQueue()
            _ = unsafe inflater.inflate(bytes.span.bytes, into: &room, atMost: 1 << 20, keepingContext: true)
            return room.octets
        }
        #expect(unpacked == sent)
    }

    private func refusal(_ frames: [[UInt8]]) async throws -> [Heard] {
        let client = try await Self.forgetful.get().open(Self.offer)
        client.send(frames.flatMap { $0 })
        return Heard.read(client.receiveAll())
    }

    @Test(
        arguments: [
            [0xFF, 0xFF, 0xFF], [0x07], [0x00, 0x05, 0x00, 0x00, 0x00, 0x01],
            [0xED, 0xFD, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06],
        ] as [[UInt8]])
    func `damaged data is refused`(_ payload: [UInt8]) async throws {
        let heard = try await refusal([TestFrame(opcode: 2, payload: payload, reserved: 4).bytes])
        #expect(heard == [.close(1007)])
    }

    @Test func `text that is wrong once inflated is refused`() async throws {
        let payload = compressed([0x61, 0xC0, 0x61])
        #expect(try await refusal([TestFrame(opcode: 1, payload: payload, reserved: 4).bytes]) == [.close(1007)])
    }

    @Test func `a bomb is refused`() async throws {
        let bomb = compressed([UInt8](repeating: 0, count: 10_000_000))
        #expect(bomb.count < 65_547)
        #expect(try await refusal([TestFrame(opcode: 2, payload: bomb, reserved: 4).bytes]) == [.close(1009)])
    }

    @Test(arguments: [
        TestFrame(opcode: 0, payload: [1], reserved: 4).bytes, TestFrame(opcode: 9, reserved: 4).bytes,
        TestFrame(opcode: 8, payload: [3, 232], reserved: 4).bytes, TestFrame(opcode: 2, reserved: 2).bytes,
        TestFrame(opcode: 2, reserved: 5).bytes,
    ])
    func `the compression bit anywhere else is refused`(_ frame: [UInt8]) async throws {
        #expect(try await refusal([binary([1], last: false), frame]) == [.close(1002)])
    }

    @Test func `final blocks inside a message are allowed`() {
        // "Hello" in a block marked as final, followed by the empty byte of RFC 7692 §7.2.3.4.
        let message: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]
        var unpacked = ByteQueue()
        let outcome = unsafe Inflater(windowBits: 15).inflate(
            message.span.bytes, into: &unpacked, atMost: 100, keepingContext: false)
        #expect(outcome == .done)
        let result = unpacked.octets
        #expect(result == Array("Hello".utf8))
    }

    @Test func `nothing is agreed on with a server that does not want to`() async throws {
        let server = try EchoServer.start()
        let client = try await server.connect()
        client.send(Array((WireClient.upgrade + Self.offer + "\r\n").utf8))
        #expect(!client.head().contains("Extensions"))
        server.executor.stop()
        server.executor.join()
    }
}
