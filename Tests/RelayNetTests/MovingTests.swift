import CLinux
import Testing

@testable import RelayNet

/// A connection that starts on one loop and goes on on another, as it will when one port serves everything.
@Suite struct MovingTests {
    /// Takes connections out of its loop as soon as they say something.
    actor Door: LoopOwner {
        struct Handler: WireHandler {
            var passengers: [Passenger] = []
            var closures: [Closure] = []
            mutating func received(bytes: RawSpan, from connection: ConnectionID, on loop: EventLoop) -> Int {
                if let passenger = loop.detach(connection, unread: bytes) { passengers.append(passenger) }
                return bytes.byteCount
            }
            mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop) {
                closures.append(closure)
            }
        }
        nonisolated let executor: LoopExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
        let loop: EventLoop
        var handler = Handler()

        init(_ executor: LoopExecutor) throws {
            self.executor = executor
            loop = try EventLoop(executor: executor, limits: EchoServer.patient)
        }
        func poll() { loop.poll(&handler) }
        func flush() { loop.flush(&handler) }
        func adopt(_ descriptor: Int32) -> ConnectionID? { loop.adopt(connected: descriptor, raw: true, &handler) }
        func next() -> Passenger? { handler.passengers.popLast() }
        func closures() -> [Closure] { handler.closures }
    }

    @Test func `a connection moves with the bytes that were read already`() async throws {
        let executor = try LoopExecutor()
        let door = try Door(executor)
        try executor.start(door, name: "door")
        let server = try EchoServer.start()

        var ends: [Int32] = [-1, -1]
        _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_socketpair($0.baseAddress) }
        _ = await door.adopt(ends[0])
        let client = WireClient(ends[1])
        client.send(Array((WireClient.upgrade + "\r\n").utf8) + text("early"))
        var passenger: Passenger?
        while passenger == nil { passenger = await door.next() }
        if let passenger { server.executor.board(webSocket: passenger) }
        var answer: [UInt8] = []
        while !answer.suffix(5).elementsEqual("early".utf8), let bytes = client.receive() { answer += bytes }
        #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
        client.send(text("later") + closing())
        #expect(Heard.read(client.receiveAll()) == [.text(Array("later".utf8)), .close(1000)])
        #expect(await door.closures() == [Closure(.moved, .none)])

        for executor in [executor, server.executor] {
            executor.stop()
            executor.join()
        }
    }

    @Test func `a loop that takes nobody any more closes what it is given`() async throws {
        let executor = try LoopExecutor()
        let door = try Door(executor)
        try executor.start(door, name: "door")
        let server = try EchoServer.start()
        await server.inspect { loop, _ in loop.closeListeners() }

        var ends: [Int32] = [-1, -1]
        _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_socketpair($0.baseAddress) }
        _ = await door.adopt(ends[0])
        let client = WireClient(ends[1])
        client.send(text("anything"))
        var passenger: Passenger?
        while passenger == nil { passenger = await door.next() }
        if let passenger { server.executor.board(raw: passenger) }
        #expect(client.receiveAll().isEmpty)

        for executor in [executor, server.executor] {
            executor.stop()
            executor.join()
        }
    }
}
