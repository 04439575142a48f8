import RelayJSON
import RelayTestKit

/// The built relay on free ports of the loopback, with a data directory of its own.
final class RunningRelay {
    let process: RelayProcess
    let directory: TemporaryDirectory
    let port: UInt16
    let http: HTTPCaller

    init(_ arguments: [String] = ["--open"]) throws {
        directory = try TemporaryDirectory()
        process = try RelayProcess(
            arguments + ["--port", "0", "--auth-port", "0", "--log", "error", "--data-dir", directory.path + "/data"])
        let lines = try process.converse([], lines: 2).map { String(decoding: $0, as: UTF8.self) }
        port = try Self.port(in: lines, after: "listens on ws://127.0.0.1:")
        http = HTTPCaller(port: try Self.port(in: lines, after: "http://127.0.0.1:"))
    }

    private struct NoPort: Error { let lines: [String] }

    private static func port(in lines: [String], after text: String) throws -> UInt16 {
        for line in lines {
            if let found = line.firstRange(of: text), let port = UInt16(line[found.upperBound...]) { return port }
        }
        throw NoPort(lines: lines)
    }

    var url: [String] { ["--url", "ws://127.0.0.1:\(port)"] }

    /// Runs another command of the same program.
    func run(_ command: String, _ arguments: String...) throws -> (status: Int32, text: String) {
        let (status, rest) = try RelayProcess([command] + url + arguments).finish()
        return (status, String(decoding: rest, as: UTF8.self))
    }

    /// A figure of `/status`.
    func figure(_ name: String) async throws -> Int64? {
        try JSONValue(parsing: try await http.call("GET", "/status").content)[name]?.int
    }

    func end() throws -> Int32 {
        process.signal(15)
        return try process.finish().status
    }
}
