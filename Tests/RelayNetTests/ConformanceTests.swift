import Testing

@testable import RelayNet

/// Every case runs against the server itself, over a socket pair.
@Suite struct ConformanceTests {
    static let server = Result { try EchoServer.start() }

    private func run(_ dialogue: ConformanceCase) async throws {
        let client = try await Self.server.get().open()
        client.send(dialogue.sends, step: dialogue.step)
        var answer: [UInt8] = []
        var arrival = client.arrival()
        while case .bytes(let bytes) = arrival {
            answer += bytes
            arrival = client.arrival()
        }
        #expect(Heard.read(answer) == dialogue.hears)
        #expect(arrival == .end, "TCP must be closed in order, and by the server")
    }

    @Test(arguments: ConformanceTables.framing)
    func `frames of every size and length form`(_ dialogue: ConformanceCase) async throws { try await run(dialogue) }

    @Test(arguments: ConformanceTables.reserved)
    func `reserved bits and opcodes are refused`(_ dialogue: ConformanceCase) async throws { try await run(dialogue) }

    @Test(arguments: ConformanceTables.control)
    func `pings, pongs and what is wrong with them`(_ dialogue: ConformanceCase) async throws {
        try await run(dialogue)
    }

    @Test(arguments: ConformanceTables.fragments)
    func `messages in fragments`(_ dialogue: ConformanceCase) async throws { try await run(dialogue) }

    @Test(arguments: ConformanceTables.closes)
    func `closing codes and reasons`(_ dialogue: ConformanceCase) async throws { try await run(dialogue) }

    @Test(arguments: TextTables.cases)
    func `text is checked as it arrives`(_ dialogue: ConformanceCase) async throws { try await run(dialogue) }

    @Test func `the table covers the ground`() {
        let count =
            ConformanceTables.framing.count + ConformanceTables.reserved.count + ConformanceTables.control.count
            + ConformanceTables.fragments.count + ConformanceTables.closes.count + TextTables.cases.count
        #expect(count >= 300)
    }
}
