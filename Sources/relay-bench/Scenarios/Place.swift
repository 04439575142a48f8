import CLinux
import Glibc

/// Where runs take place: a relay that runs, or one that is started for each.
struct Place {
    private enum Relay {
        case running(Endpoint, ServerProcess?)
        case own(String, options: [String], directory: String)
    }

    private let relay: Relay
    private let isPinned: Bool

    init(_ arguments: Arguments) throws(BenchError) {
        isPinned = try arguments.choice("pin", [("yes", true), ("no", false)]) && Machine.cores > 1
        if let url = arguments.text("url") {
            guard let endpoint = Endpoint(url) else { throw BenchError("--url: ws://HOST:PORT is needed") }
            guard arguments.rest.isEmpty, arguments.text("relay") == nil else {
                throw BenchError("--url: then no relay is started, and options for it are for nobody")
            }
            let process = arguments.text("pid").flatMap { Int32($0) }.map { ServerProcess(identifier: $0) }
            relay = .running(endpoint, process)
        } else {
            let program = arguments.text("relay") ?? Self.programBeside
            relay = .own(program, options: arguments.rest, directory: arguments.text("dir") ?? "/var/tmp")
        }
        // Before the relay is started, which inherits it.
        _ = clinux_raise_descriptor_limit(1 << 18)
    }

    /// Which core the generator has, and which the relay.
    var cores: String { isPinned ? "0, and the others" : "any" }

    func run(_ scenario: some Scenario) throws(BenchError) -> Record {
        let spins = Machine.cores > 1
        switch relay {
        case .running(let endpoint, let process):
            if isPinned { Machine.pin(to: 0..<1) }
            return try scenario.run(Site(endpoint: endpoint, server: process, spins: spins))
        case .own(let program, let options, let directory):
            let cores = isPinned ? 1..<Machine.cores : nil
            let started = try RelayUnderTest(program, options, in: directory, cores: cores)
            defer { started.stop() }
            if isPinned { Machine.pin(to: 0..<1) }
            return try scenario.run(Site(endpoint: started.endpoint, server: started.process, spins: spins))
        }
    }

    private static var programBeside: String {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, bytes.count)
        }
        let own = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        return (own.lastIndex(of: "/").map { String(own[...$0]) } ?? "") + "clasp-relay"
    }
}
