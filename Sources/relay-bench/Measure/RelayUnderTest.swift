import CLinux
import Glibc
import RelayStorage

/// The relay, started for one run on free ports of the loopback, with an empty data directory.
final class RelayUnderTest {
    let endpoint: Endpoint
    let process: ServerProcess
    private let directory: String

    /// Nothing that counts or slows what one machine does on behalf of many.
    private static let arguments = [
        "--open", "--host", "127.0.0.1", "--port", "0", "--auth-port", "0", "--log", "error", "--accept-rate", "0",
        "--max-sessions", "0", "--max-sessions-per-address", "0", "--max-params", "0", "--max-params-per-user", "0",
        "--max-params-per-guest", "0",
    ]

    /// `cores`: which it may use.
    init(_ program: String, _ options: [String], in place: String, cores: Range<Int>?) throws(BenchError) {
        directory = "\(place)/relay-bench.\(getpid()).\(UInt32.random(in: 0 ... .max))"
        var ends: [Int32] = [0, 0]
        guard unsafe ends.withUnsafeMutableBufferPointer({ unsafe clinux_pipe($0.baseAddress) }) == 0 else {
            throw BenchError("no pipe can be had")
        }
        defer { close(ends[0]) }
        let child = Self.start(
            [program] + Self.arguments + ["--data-dir", directory] + options, output: ends[1], cores: cores)
        close(ends[1])
        guard let child else { throw BenchError("\(program) cannot be started") }
        process = ServerProcess(identifier: child)
        guard let port = Self.port(from: ends[0]) else {
            endpoint = Endpoint(host: "", port: 0)
            stop()
            throw BenchError("\(program) does not start; see above")
        }
        endpoint = Endpoint(host: "127.0.0.1", port: port)
    }

    deinit { stop() }

    private var isStopped = false

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        kill(process.identifier, SIGTERM)
        for _ in 0..<1_000 {
            if waitpid(process.identifier, nil, WNOHANG) != 0 { return removeDirectory() }
            usleep(10_000)
        }
        kill(process.identifier, SIGKILL)
        waitpid(process.identifier, nil, 0)
        removeDirectory()
    }

    private func removeDirectory() { LinuxFileSystem().removeTree(directory) }

    private static func start(_ words: [String], output: Int32, cores: Range<Int>?) -> Int32? {
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let child = unsafe clinux_start_child(
            arguments, output, Int32(cores?.lowerBound ?? 0), Int32(cores?.count ?? 0))
        return child > 0 ? child : nil
    }

    /// From the line that tells where it listens, its first. Nil when it ends instead.
    private static func port(from descriptor: Int32) -> UInt16? {
        var text = ""
        while !text.contains("\n") {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe read(descriptor, &bytes, bytes.count)
            guard count > 0 else { return nil }
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        let line = text.prefix { $0 != "\n" }
        guard let colon = line.lastIndex(of: ":") else { return nil }
        return UInt16(line[line.index(after: colon)...])
    }
}
