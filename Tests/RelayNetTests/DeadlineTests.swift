import CLinux
import Testing

@testable import RelayNet

/// What time does to connections, on the real clock. Deadlines are short here and every test waits for what must
/// happen, so a slow machine makes them slower and not wrong.
@Suite struct DeadlineTests {
    private func withServer(
        _ change: (inout NetLimits) -> Void, _ body: (EchoServer) async throws -> Void
    ) async throws {
        var limits = EchoServer.patient
        change(&limits)
        let server = try EchoServer.start(limits)
        try await body(server)
        server.executor.stop()
        server.executor.join()
    }

    @Test func `half a handshake is cut`() async throws {
        try await withServer({ $0.handshakeTimeout = .milliseconds(100) }) { server in
            let client = try await server.connect()
            client.send(Array(WireClient.upgrade.utf8))
            #expect(client.receiveAll().isEmpty)
            #expect(await server.inspect { loop, _ in loop.counters.handshakeTimeouts } == 1)
        }
    }

    @Test func `a peer that answers no ping is cut after so many`() async throws {
        let limits: (inout NetLimits) -> Void = {
            $0.pingInterval = .milliseconds(50)
            $0.maxMissedPings = 3
        }
        try await withServer(limits) { server in
            let client = try await server.open()
            #expect(Heard.read(client.receiveAll()) == [.ping([]), .ping([]), .ping([])])
            // TCP is closed at once, and the handler told at the end of the turn.
            while await server.inspect({ $1.closures.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            #expect(await server.inspect { Array($1.closures.values) } == [Closure(.unresponsive, .abnormal)])
            #expect(await server.inspect { loop, _ in loop.counters.closedUnresponsive } == 1)
        }
    }

    /// Answers pings, all of it on one thread of its own: so many of them, or until a Close frame comes.
    private func answerPings(_ client: WireClient, atMost bound: Int, thenSay last: [UInt8]) async -> [Heard] {
        await blocking {
            var answered = 0
            while answered < bound, let bytes = client.receive() {
                for heard in Heard.read(bytes) where heard == .ping([]) {
                    client.send(pong())
                    answered += 1
                }
                guard Heard.read(bytes).allSatisfy({ $0 == .ping([]) }) else {
                    client.send(closing())
                    return Heard.read(bytes + client.receiveAll()).filter { $0 != .ping([]) }
                }
            }
            client.send(last)
            return Heard.read(client.receiveAll()).filter { $0 != .ping([]) }
        }
    }

    @Test func `a peer that answers pings stays`() async throws {
        let limits: (inout NetLimits) -> Void = {
            $0.pingInterval = .milliseconds(20)
            $0.maxMissedPings = 100
        }
        try await withServer(limits) { server in
            let client = try await server.open()
            // More than it may miss, so each answer must count.
            let heard = await answerPings(client, atMost: 130, thenSay: text("still here") + closing())
            #expect(heard == [.text(Array("still here".utf8)), .close(1000)])
        }
    }

    @Test func `a peer without a sign of life is sent away, one that answers pings is not`() async throws {
        let limits: (inout NetLimits) -> Void = {
            $0.idleTimeout = .milliseconds(300)
            $0.pingInterval = .milliseconds(20)
            $0.maxMissedPings = 255
        }
        try await withServer(limits) { server in
            let quiet = try await server.open()
            // Long enough for the idle timeout to pass several times.
            let said = await answerPings(quiet, atMost: 60, thenSay: text("still here") + closing())
            #expect(said == [.text(Array("still here".utf8)), .close(1000)])
        }
        try await withServer(limits) { server in
            let silent = try await server.open()
            let heard = await answerPings(silent, atMost: 0, thenSay: [])
            #expect(heard.last == .close(1001))
            #expect(await server.inspect { Array($1.closures.values) } == [Closure(.idle, .goingAway)])
            #expect(await server.inspect { loop, _ in loop.counters.closedIdle } == 1)
        }
    }

    @Test func `a peer that takes nothing is cut`() async throws {
        var limits = EchoServer.patient
        limits.stallTimeout = .milliseconds(100)
        let server = try ConnectionTests.FanServer.start(limits)
        let client = try await server.open()
        // More than a socket pair holds, less than may wait.
        _ = await server.deliver(40, of: 10_000, conflatable: false)
        while await server.inspect({ $1.closures.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await server.inspect { $1.closures } == [Closure(.slow, .tryAgainLater)])
        #expect(await server.inspect { loop, _ in loop.counters.closedSlow } == 1)
        let taken = client.receiveAll().count
        #expect(taken > 0 && taken < 40 * 10_004)
        server.end()
    }

    @Test func `a peer that never answers a Close frame is cut`() async throws {
        try await withServer({ $0.closeTimeout = .milliseconds(100) }) { server in
            let client = try await server.open()
            await server.inspect { loop, handler in
                for connection in handler.opened.keys { loop.close(connection, .goingAway, "bye") }
            }
            #expect(Heard.read(client.receiveAll()) == [.close(1001)])
            #expect(await server.inspect { Array($1.closures.values) } == [Closure(.local, .goingAway)])
        }
    }

    @Test func `a peer that never closes TCP is let go`() async throws {
        try await withServer({ $0.lingerTimeout = .milliseconds(100) }) { server in
            let client = try await server.open()
            client.send(closing())
            #expect(Heard.read(client.receiveAll()) == [.close(1000)])
            while await server.inspect({ loop, _ in loop.connectionCount }) > 0 {
                try await Task.sleep(for: .milliseconds(5))
            }
            withExtendedLifetime(client) {}
        }
    }
}
