import CLinux
import Testing

@testable import RelayNet

/// What a loop does with connections beyond single frames: pressure, limits, moving, listening, ending.
@Suite struct ConnectionTests {
    /// Tells everything to everybody, to see what lagging does.
    actor FanServer: LoopOwner {
        struct Handler: WireHandler {
            var closures: [Closure] = []
            var everybody: [ConnectionIndex] = []
            var drained = 0
            var conflicts = 0
            mutating func opened(_ connection: ConnectionID, _ upgrade: Upgrade, on loop: EventLoop) {
                if everybody.contains(connection.index) { conflicts += 1 }
                everybody.append(connection.index)
            }
            mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop) {
                everybody.removeAll { $0 == connection.index }
                closures.append(closure)
            }
            mutating func drained(_ connection: ConnectionID, on loop: EventLoop) { drained += 1 }
        }
        nonisolated let executor: LoopExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
        let loop: EventLoop
        var handler = Handler()

        init(_ executor: LoopExecutor, _ limits: NetLimits) throws {
            self.executor = executor
            loop = try EventLoop(executor: executor, limits: limits)
        }
        func poll() { loop.poll(&handler) }
        func flush() { loop.flush(&handler) }

        static func start(_ limits: NetLimits = EchoServer.patient) throws -> FanServer {
            let executor = try LoopExecutor()
            let server = try FanServer(executor, limits)
            try executor.start(server, name: "fan")
            return server
        }

        func adopt(_ descriptor: Int32) -> ConnectionID? { loop.adopt(connected: descriptor, raw: false, &handler) }

        nonisolated func open() async throws -> WireClient {
            var ends: [Int32] = [-1, -1]
            _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_socketpair($0.baseAddress) }
            _ = await adopt(ends[0])
            let client = WireClient(ends[1])
            client.send(Array((WireClient.upgrade + "\r\n").utf8))
            _ = client.head()
            return client
        }

        /// Delivers `count` messages of `size` to all; answers how many deliveries were skipped as conflatable.
        func deliver(_ count: Int, of size: Int, conflatable: Bool) -> Int {
            var skipped: [ConnectionIndex] = []
            for number in 0..<count {
                let frame = loop.frame(.binary, capacity: size) { payload in
                    for position in 0..<size {
                        payload.storeBytes(
                            of: UInt8(truncatingIfNeeded: number), toByteOffset: position, as: UInt8.self)
                    }
                    return size
                }
                if let frame {
                    loop.deliver(frame, to: handler.everybody.span, conflatable: conflatable, skipped: &skipped)
                }
            }
            return skipped.count
        }

        func inspect<Result: Sendable>(_ body: @Sendable (EventLoop, Handler) -> Result) -> Result {
            body(loop, handler)
        }
        nonisolated func end() {
            executor.stop()
            executor.join()
        }
    }

    @Test func `a lagging peer is skipped, catches up and is told`() async throws {
        let server = try FanServer.start()
        let client = try await server.open()
        // A socket pair takes about 200 KiB; the rest waits beyond the mark.
        let skipped = await server.deliver(60, of: 10_000, conflatable: true)
        #expect(skipped > 0)
        let received = client.receive(atLeast: (60 - skipped) * 10_004)
        #expect(Heard.read(received).count == 60 - skipped)
        while await server.inspect({ $1.drained }) == 0 {}
        #expect(await server.deliver(1, of: 10, conflatable: true) == 0)
        #expect(Heard.read(client.receive(atLeast: 12)) == [.binary([UInt8](repeating: 0, count: 10))])
        #expect(await server.inspect { loop, _ in loop.arena.blocks } <= Arena.spareBlocks + 2)
        server.end()
    }

    @Test func `a peer that leaves too much waiting is closed with 1013 and told so`() async throws {
        let server = try FanServer.start()
        let client = try await server.open()
        _ = await server.deliver(200, of: 10_000, conflatable: false)
        let heard = Heard.read(client.receiveAll())
        #expect(heard.last == .close(1013))
        #expect(heard.count > 100)
        #expect(await server.inspect { $1.closures } == [Closure(.slow, .tryAgainLater)])
        #expect(await server.inspect { loop, _ in loop.counters.closedSlow } == 1)
        server.end()
    }

    @Test func `a peer that pings without reading comes to its bound`() async throws {
        let server = try EchoServer.start()
        let client = try await server.open()
        let pings = Array(repeatElement(ping(octets(125)), count: 20_000).joined())
        let writer = Task.detached { client.send(pings) }
        await writer.value
        let heard = Heard.read(client.receiveAll())
        #expect(heard.last == .close(1013))
        #expect(await server.inspect { loop, _ in loop.counters.closedSlow } == 1)
        server.executor.stop()
        server.executor.join()
    }

    /// Ends the connection in the middle of what it is told, and looks at the message again afterwards.
    actor RudeServer: LoopOwner {
        struct Handler: WireHandler {
            var aborts: Bool
            var seen: [Int] = []
            mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop) {
                if aborts { loop.abort(connection) } else { loop.close(connection, .goingAway, "enough") }
                for index in 0..<messages.count {
                    let bytes = messages[index]
                    seen.append((0..<bytes.byteCount).reduce(0) { $0 + Int(bytes.load(UInt8.self, at: $1)) })
                }
            }
        }
        nonisolated let executor: LoopExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
        let loop: EventLoop
        var handler: Handler

        init(_ executor: LoopExecutor, aborts: Bool) throws {
            self.executor = executor
            loop = try EventLoop(executor: executor, limits: EchoServer.patient)
            loop.compression = DeflateOptions()
            handler = Handler(aborts: aborts)
        }
        func poll() { loop.poll(&handler) }
        func flush() { loop.flush(&handler) }
        func adopt(_ descriptor: Int32) -> ConnectionID? { loop.adopt(connected: descriptor, raw: false, &handler) }
        func seen() -> [Int] { handler.seen }
    }

    @Test(arguments: [true, false])
    func `a connection may be ended while its message is read`(_ aborts: Bool) async throws {
        let executor = try LoopExecutor()
        let server = try RudeServer(executor, aborts: aborts)
        try executor.start(server, name: "rude")
        let whole = binary([1, 2, 3])
        let pieces = binary([1, 2], last: false) + more([3])
        let packed = TestFrame(opcode: 2, payload: [0x62, 0x64, 0x62, 0x06, 0x00], reserved: 4).bytes
        for frames in [whole, pieces, packed] {
            for rest in [closing(), text([0xFF]), ping(), whole, [0xFF, 0xFF]] {
                var ends: [Int32] = [-1, -1]
                _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_socketpair($0.baseAddress) }
                _ = await server.adopt(ends[0])
                let client = WireClient(ends[1])
                client.send(Array((WireClient.upgrade + DeflateTests.offer + "\r\n").utf8))
                _ = client.head()
                client.send(frames + rest + (aborts ? [] : closing()))
                let heard = Heard.read(client.receiveAll())
                #expect(heard == (aborts ? [] : [.close(1001)]))
            }
        }
        let seen = await server.seen()
        #expect(seen.count >= 15 && seen.allSatisfy { $0 == 6 || $0 == 12 || $0 == 0 })
        executor.stop()
        executor.join()
    }

    @Test func `a place comes up again only after its last user was reported gone`() async throws {
        let server = try FanServer.start()
        for _ in 0..<40 {
            var clients: [WireClient] = []
            for _ in 0..<6 { clients.append(try await server.open()) }
            // Half of them vanish just before something is sent to them, so that sending is what notices.
            clients.removeFirst(3)
            _ = await server.deliver(3, of: 1_000, conflatable: false)
        }
        #expect(await server.inspect { $1.conflicts } == 0)
        server.end()
    }

    @Test(arguments: [0, 1, 125, 126, 130, 65_535, 65_536, 70_000])
    func `a frame encoded in place has the header its length wants`(_ size: Int) async throws {
        let server = try FanServer.start()
        let client = try await server.open()
        let used = await server.encode(size, room: size + 70_000)
        #expect(used)
        let header = size < 126 ? 2 : size <= 0xFFFF ? 4 : 10
        #expect(Heard.read(client.receive(atLeast: header + size)) == [.binary(octets(size))])
        server.end()
    }

    @Test func `a raw connection carries bytes and half-closes`() async throws {
        let server = try EchoServer.start()
        let client = try await server.connect(raw: true)
        let message = octets(300_000)
        client.send(Array(message[..<150_000]))
        #expect(client.receive(atLeast: 150_000) == Array(message[..<150_000]))
        client.send(Array(message[150_000...]))
        client.shutDown()
        #expect(client.receiveAll() == Array(message[150_000...]))
        server.executor.stop()
        server.executor.join()
    }

    @Test func `input is not read from a peer that does not take its output`() async throws {
        var limits = EchoServer.patient
        limits.pausesLagging = true
        let server = try EchoServer.start(limits)
        let client = try await server.open()
        // Ten times what may wait: only back-pressure lets this come back whole.
        let message = octets(50_000)
        let rounds = 200
        let writer = Task.detached {
            for _ in 0..<rounds { client.send(binary(message)) }
            client.send(closing())
        }
        let heard = Heard.read(client.receiveAll())
        await writer.value
        #expect(heard == Array(repeating: .binary(message), count: rounds) + [.close(1000)])
        server.executor.stop()
        server.executor.join()
    }

    @Test func `a full table turns newcomers away and keeps those who are in`() async throws {
        var limits = EchoServer.patient
        limits.maxConnections = 2
        let server = try EchoServer.start(limits)
        let first = try await server.open()
        let second = try await server.open()
        await #expect(throws: SystemError.self) { _ = try await server.connect() }
        first.send(closing())
        #expect(Heard.read(first.receiveAll()) == [.close(1000)])
        second.send(text("still") + closing())
        #expect(Heard.read(second.receiveAll()) == [.text(Array("still".utf8)), .close(1000)])
        server.executor.stop()
        server.executor.join()
    }

    @Test func `WebSockets are counted by the client a proxy names`() async throws {
        var limits = EchoServer.patient
        limits.maxPerClient = 2
        let server = try EchoServer.start(limits)
        func ask(_ from: String?) async throws -> (WireClient, Bool) {
            let client = try await server.connect()
            let field = from.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
            client.send(Array((WireClient.upgrade + field + "\r\n").utf8))
            return (client, client.head().hasPrefix("HTTP/1.1 101 "))
        }
        let (first, isFirstIn) = try await ask("2001:db8::1")
        let (second, isSecondIn) = try await ask("2001:db8::ffff:2")
        let (_, isThirdIn) = try await ask("2001:db8::3")
        #expect([isFirstIn, isSecondIn, isThirdIn] == [true, true, false], "one network, two places")
        let (other, isOtherIn) = try await ask("192.0.2.7")
        #expect(isOtherIn)
        for _ in 0..<4 {
            let (_, isLocalIn) = try await ask(nil)
            #expect(isLocalIn, "this machine is not counted")
        }
        first.send(closing())
        _ = first.receiveAll()
        first.shutDown()
        var isBackIn = false
        // The place is free once TCP has ended, which the server sees when it likes.
        while !isBackIn { isBackIn = try await ask("2001:db8::4").1 }
        #expect(await server.inspect { loop, _ in loop.counters.refusedPerClient } >= 1)
        withExtendedLifetime((second, other)) {}
        server.executor.stop()
        server.executor.join()
    }
}

extension ConnectionTests.FanServer {
    /// Sends one frame that was encoded into more room than it needed.
    func encode(_ size: Int, room: Int) -> Bool {
        let frame = loop.frame(.binary, capacity: room) { payload in
            for position in 0..<size {
                payload.storeBytes(
                    of: UInt8(truncatingIfNeeded: position &* 7 &+ size), toByteOffset: position, as: UInt8.self)
            }
            return size
        }
        guard let frame else { return false }
        loop.deliver(frame, to: handler.everybody.span)
        return true
    }
}
