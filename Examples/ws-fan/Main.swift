import Glibc
import RelayNet

/// Sends every message to everybody else.
struct FanHandler: WireHandler {
    let stop: @Sendable () -> Void
    private var everybody: [ConnectionIndex] = []
    /// Where a connection stands in `everybody`, by its index.
    private var places: [Int] = []

    init(stop: @escaping @Sendable () -> Void) { self.stop = stop }

    mutating func opened(_ connection: ConnectionID, _ upgrade: Upgrade, on loop: EventLoop) {
        let index = Int(connection.index)
        while places.count <= index { places.append(-1) }
        places[index] = everybody.count
        everybody.append(connection.index)
    }

    mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop) {
        let place = places[Int(connection.index)]
        let frames = loop.frames(messages)
        loop.deliver(frames, to: everybody.span.extracting(..<place))
        loop.deliver(frames, to: everybody.span.extracting((place + 1)...))
    }

    mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop) {
        let place = places[Int(connection.index)]
        let last = everybody.removeLast()
        if last != connection.index {
            everybody[place] = last
            places[Int(last)] = place
        }
        places[Int(connection.index)] = -1
    }

    mutating func signal(_ number: Int32, on loop: EventLoop) { stop() }
}

actor Fan: LoopOwner {
    nonisolated let executor: LoopExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let loop: EventLoop
    private var handler: FanHandler

    init(on executor: LoopExecutor, listener: Listener, signals: Signals) throws(SystemError) {
        self.executor = executor
        loop = try EventLoop(executor: executor)
        handler = FanHandler { executor.stop() }
        try loop.watch(signals)
        try loop.listen(listener)
    }

    func poll() { loop.poll(&handler) }
    func flush() { loop.flush(&handler) }
}

let usage = """
    usage: ws-fan --port N

    A WebSocket server on 127.0.0.1 that sends every message to all other connections.

      --port N   the port to listen on; 0 lets the system choose
      --help     this text

    """

/// Straight to the descriptor: `print` would keep the line back in a pipe.
func say(_ text: String, on descriptor: Int32 = 1) {
    var text = text
    text.withUTF8 { bytes in _ = unsafe write(descriptor, bytes.baseAddress, bytes.count) }
}

@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--help") {
            say(usage)
            return
        }
        guard arguments.count == 2, arguments[0] == "--port", let port = UInt16(arguments[1]) else {
            say(usage, on: 2)
            exit(64)
        }
        do {
            let signals = try Signals([Signals.interrupt, Signals.terminate])
            let listener = try Listener(.tcp(address: "127.0.0.1", port: port))
            let executor = try LoopExecutor()
            let fan = try Fan(on: executor, listener: listener, signals: signals)
            raiseDescriptorLimit(to: 65_536)
            try executor.start(fan, name: "ws-fan")
            say("listening on 127.0.0.1:\(listener.port)\n")
            executor.join()
        } catch {
            say("ws-fan: \(error)\n", on: 2)
            exit(71)
        }
    }
}
