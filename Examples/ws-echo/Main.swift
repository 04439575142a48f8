import Glibc
import RelayNet

/// Sends every message back to where it came from.
struct EchoHandler: WireHandler {
    let stop: @Sendable () -> Void

    mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop) {
        loop.send(messages, to: connection)
    }

    mutating func signal(_ number: Int32, on loop: EventLoop) { stop() }
}

actor Echo: LoopOwner {
    nonisolated let executor: LoopExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let loop: EventLoop
    private var handler: EchoHandler

    init(
        _ options: Options, on executor: LoopExecutor, listeners: [Listener], signals: Signals
    ) throws(SystemError) {
        self.executor = executor
        var limits = NetLimits()
        limits.maxMessageBytes = options.maxMessageBytes
        // A whole message may wait behind another; who does not take the answers is not read from.
        limits.maxPendingBytes = options.maxMessageBytes * 2 + (4 << 20)
        limits.pausesLagging = true
        loop = try EventLoop(executor: executor, limits: limits)
        if options.deflates { loop.compression = DeflateOptions() }
        handler = EchoHandler { executor.stop() }
        try loop.watch(signals)
        for listener in listeners { try loop.listen(listener) }
    }

    func poll() { loop.poll(&handler) }
    func flush() { loop.flush(&handler) }
}

struct Options {
    /// Nil to take the sockets that a service manager hands over.
    var port: UInt16?
    var deflates = false
    var maxMessageBytes = 32 << 20

    static let usage = """
        usage: ws-echo --port N|--inherited [--deflate] [--max-message BYTES]

        A WebSocket server on 127.0.0.1 that sends every message back.

          --port N             the port to listen on; 0 lets the system choose
          --inherited          listen on the sockets of LISTEN_FDS instead
          --deflate            agree to permessage-deflate when a client offers it
          --max-message BYTES  the largest message taken (default 33554432); larger ones close with 1009
          --help               this text

        """

    /// Nil when the arguments make no sense.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        var inherits = false
        while let argument = rest.popFirst() {
            switch argument {
            case "--port":
                guard let port = rest.popFirst().flatMap({ UInt16($0) }) else { return nil }
                self.port = port
            case "--inherited": inherits = true
            case "--deflate": deflates = true
            case "--max-message":
                guard let bytes = rest.popFirst().flatMap({ Int($0) }), bytes > 0, bytes <= 256 << 20 else {
                    return nil
                }
                maxMessageBytes = bytes
            default: return nil
            }
        }
        guard inherits != (port != nil) else { return nil }
    }
}

/// Straight to the descriptor: `print` would keep the line back in a pipe.
func say(_ text: String, on descriptor: Int32 = 1) {
    var text = text
    text.withUTF8 { bytes in _ = unsafe write(descriptor, bytes.baseAddress, bytes.count) }
}

@main
struct Main {
    static func listeners(_ options: Options) throws(SystemError) -> [Listener] {
        if let port = options.port { return [try Listener(.tcp(address: "127.0.0.1", port: port))] }
        let inherited = try Listener.inherited(
            listenDescriptors: variable("LISTEN_FDS"), listenProcess: variable("LISTEN_PID"))
        guard !inherited.isEmpty else { throw SystemError("LISTEN_FDS", code: ENOENT) }
        return inherited
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--help") {
            say(Options.usage)
            return
        }
        guard let options = Options(arguments) else {
            say(Options.usage, on: 2)
            exit(64)
        }
        do {
            let signals = try Signals([Signals.interrupt, Signals.terminate])
            let listeners = try listeners(options)
            let executor = try LoopExecutor()
            let echo = try Echo(options, on: executor, listeners: listeners, signals: signals)
            raiseDescriptorLimit(to: 65_536)
            try executor.start(echo, name: "ws-echo")
            for listener in listeners { say("listening on 127.0.0.1:\(listener.port)\n") }
            executor.join()
        } catch {
            say("ws-echo: \(error)\n", on: 2)
            exit(71)
        }
    }
}
