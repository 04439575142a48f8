/// A kind of load, and what is measured of it.
protocol Scenario {
    static var name: String { get }
    static var summary: String { get }
    static var flags: [Flag] { get }

    init(_ arguments: Arguments) throws(BenchError)
    /// Runs once.
    func run(_ site: Site) throws(BenchError) -> Record
}

/// What a scenario runs against.
struct Site {
    let endpoint: Endpoint
    /// Nil when the relay runs elsewhere: then there are no figures of its process.
    let server: ServerProcess?
    let spins: Bool

    func crowd() throws(BenchError) -> Crowd { try Crowd(endpoint, spins: spins) }
}

enum Scenarios {
    static var all: [any Scenario.Type] {
        [FanOut.self, Rooms.self, LateJoiner.self, Idle.self, SlowPeer.self, Churn.self]
    }

    /// What each scenario takes besides its own.
    static let flags = [
        Flag("url", "URL", "ws://HOST:PORT of a running relay; without it one is started, for the run alone"),
        Flag("pid", "PID", "its process, when it runs here: for CPU time and memory"),
        Flag("relay", "FILE", "the program to start instead of the clasp-relay beside this one"),
        Flag("dir", "DIR", "/var/tmp", "where its data directory is made, and removed"),
        Flag("repetitions", "N", "1", "runs, each with a relay of its own"),
        Flag("pin", "yes|no", "yes", "keep generator and relay on different cores, if there are several"),
        Flag("json", "FILE", "append a line of JSON per run"),
    ]

    static let timing = [
        Flag("seconds", "S", "2", "how long is measured"),
        Flag("warm-up", "S", "0.5", "and how long nothing is measured before"),
    ]

    static func usage(of scenario: any Scenario.Type) -> String {
        ([
            "usage: relay-bench \(scenario.name) [OPTION]… [-- OPTION OF THE RELAY…]", "", scenario.summary, "",
        ] + (scenario.flags + flags).map(\.line)).joined(separator: "\n")
    }
}

extension Flag {
    init(_ name: String, _ placeholder: String, _ help: String) { self.init(name, placeholder, "", help) }
}
