import Testing

@testable import RelayNet

/// Messages far beyond what CLASP allows, for servers that set the limit themselves.
@Suite struct LargeMessageTests {
    static let server = Result {
        var limits = EchoServer.patient
        limits.maxMessageBytes = 4 << 20
        limits.maxPendingBytes = 32 << 20
        limits.pausesLagging = true
        return try EchoServer.start(limits)
    }

    private func frames(_ message: [UInt8], _ opcode: UInt8, fragments size: Int) -> [UInt8] {
        var frames: [UInt8] = []
        for start in stride(from: 0, to: message.count, by: size) {
            let part = Array(message[start..<min(start + size, message.count)])
            frames +=
                TestFrame(
                    opcode: start == 0 ? opcode : 0, payload: part, isLast: start + size >= message.count
                ).bytes
        }
        return frames
    }

    @Test(arguments: [1, 2] as [UInt8], [(4 << 20, 4 << 20, Int.max), (4 << 20, 65_536, .max), (1 << 20, 256, 2_048)])
    func `come back whole`(_ opcode: UInt8, _ shape: (bytes: Int, fragment: Int, step: Int)) async throws {
        let client = try await Self.server.get().open()
        let message = letters(shape.bytes)
        let sends = frames(message, opcode, fragments: shape.fragment) + closing()
        async let written: Void = blocking { client.send(sends, step: shape.step) }
        let heard = await blocking { Heard.read(client.receiveAll()) }
        await written
        // Compared apart, because a failure would print them.
        let isWhole = heard == [opcode == 1 ? .text(message) : .binary(message), .close(1000)]
        #expect(isWhole, "\(heard)")
    }

    @Test func `end where the limit is`() async throws {
        let client = try await Self.server.get().open()
        client.send(TestFrame(opcode: 2, length: (127, [0, 0, 0, 0, 0, 64, 0, 1])).bytes)
        #expect(Heard.read(client.receiveAll()) == [.close(1009)])
    }
}
