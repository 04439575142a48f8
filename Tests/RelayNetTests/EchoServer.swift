import CLinux
import Synchronization

@testable import RelayNet

/// The real server code on a loop of its own, fed with socket pairs.
actor EchoServer: LoopOwner {
    struct Handler: WireHandler {
        var closures: [ConnectionID: Closure] = [:]
        var opened: [ConnectionID: Upgrade] = [:]
        var drained = 0

        mutating func opened(_ connection: ConnectionID, _ upgrade: Upgrade, on loop: EventLoop) {
            opened[connection] = upgrade
        }
        mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop) {
            loop.send(messages, to: connection)
        }
        mutating func received(bytes: RawSpan, from connection: ConnectionID, on loop: EventLoop) -> Int {
            loop.send(bytes: bytes, to: connection)
            return bytes.byteCount
        }
        mutating func inputEnded(_ connection: ConnectionID, on loop: EventLoop) { loop.finish(connection) }
        mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop) {
            closures[connection] = closure
        }
        mutating func drained(_ connection: ConnectionID, on loop: EventLoop) { drained += 1 }
    }

    nonisolated let executor: LoopExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    let loop: EventLoop
    var handler = Handler()

    init(_ executor: LoopExecutor, _ limits: NetLimits, _ configure: @Sendable (EventLoop) -> Void) throws {
        self.executor = executor
        loop = try EventLoop(executor: executor, limits: limits)
        configure(loop)
    }

    /// Limits under which no test depends on how fast the machine is.
    static var patient: NetLimits {
        var limits = NetLimits()
        limits.handshakeTimeout = .seconds(600)
        limits.closeTimeout = .seconds(600)
        limits.stallTimeout = .seconds(600)
        limits.pingInterval = .seconds(600)
        limits.lingerTimeout = .seconds(600)
        return limits
    }

    func poll() { loop.poll(&handler) }
    func flush() { loop.flush(&handler) }

    static func start(_ limits: NetLimits = patient, _ configure: @Sendable (EventLoop) -> Void = { _ in }) throws
        -> EchoServer
    {
        let executor = try LoopExecutor()
        let server = try EchoServer(executor, limits, configure)
        try executor.start(server, name: "echo")
        return server
    }

    private func adopt(_ descriptor: Int32, raw: Bool) -> ConnectionID? {
        loop.adopt(connected: descriptor, raw: raw, &handler)
    }

    /// The other end of a new connection.
    nonisolated func connect(raw: Bool = false) async throws -> WireClient {
        var ends: [Int32] = [-1, -1]
        let code = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_socketpair($0.baseAddress) }
        guard code == 0 else { throw SystemError("socketpair", code: -code) }
        guard await adopt(ends[0], raw: raw) != nil else { throw SystemError("adopt", code: 0) }
        return WireClient(ends[1])
    }

    /// The same, with the opening handshake behind it; `fields` are added to the request.
    nonisolated func open(_ fields: String = "") async throws -> WireClient {
        let client = try await connect()
        client.send(Array((WireClient.upgrade + fields + "\r\n").utf8))
        let head = client.head()
        guard head.hasPrefix("HTTP/1.1 101 ") else { throw SystemError("handshake", code: 0) }
        return client
    }

    func inspect<Result: Sendable>(_ body: @Sendable (EventLoop, Handler) -> Result) -> Result { body(loop, handler) }
}
