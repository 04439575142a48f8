/// Sessions that subscribe and then do nothing.
struct Idle: Scenario {
    static let name = "idle"
    static let summary = "Sessions that connect, subscribe, and then do nothing."
    static let flags = [
        Flag("sessions", "N", "5000", "how many"),
        Flag("distinct", "yes|no", "no", "an address of its own for each"),
        Flag("seconds", "S", "2", "how long the idle relay is watched"),
        Flag("settle", "S", "1", "and how long it is left alone before"),
    ]

    private let sessions: Int
    private let isDistinct: Bool
    private let seconds: Double
    private let settle: Double

    init(_ arguments: Arguments) throws(BenchError) {
        sessions = try arguments.integer("sessions", in: 1...200_000)
        isDistinct = try arguments.choice("distinct", [("yes", true), ("no", false)])
        seconds = try arguments.number("seconds", in: 0.05...3_600)
        settle = try arguments.number("settle", in: 0...3_600)
    }

    func run(_ site: Site) throws(BenchError) -> Record {
        // It has nothing to do but to answer pings.
        var crowd = try Crowd(site.endpoint, spins: false)
        let before = site.server?.sample()
        let began = Crowd.now
        if isDistinct {
            for number in 0..<sessions {
                _ = try crowd.join(1, try Greeting(site.endpoint, subscribing: "/bench/idle/\(number)"))
            }
        } else {
            _ = try crowd.join(sessions, try Greeting(site.endpoint, subscribing: "/bench/idle"))
        }
        let joined = Double(Crowd.now - began) / 1e9
        let connected = site.server?.sample()
        Self.wait(settle, &crowd)
        let settled = site.server?.sample()
        let start = Crowd.now
        Self.wait(seconds, &crowd)
        let end = site.server?.sample()
        let watched = Double(Crowd.now - start) / 1e9

        var record = Record(
            Self.name, case: "\(Decimal.grouped(sessions)) sessions\(isDistinct ? ", distinct addresses" : "")")
        record.add("sessions", sessions)
        record.add("joins_per_s", Double(sessions) / joined)
        if let before, let connected, let settled, let end {
            record.add("cpu_us_per_join", Double(connected.cpu - before.cpu) / Double(sessions) / 1e3)
            record.add("resident_before_bytes", before.residentBytes)
            record.add("resident_bytes", settled.residentBytes)
            record.add(
                "resident_bytes_per_session", Double(settled.residentBytes - before.residentBytes) / Double(sessions))
            record.add("idle_cpu_ms_per_s", Double(end.cpu - settled.cpu) / watched / 1e6)
        }
        record.add("closed", crowd.clients.count { !$0.isOpen })
        return record
    }

    private static func wait(_ seconds: Double, _ crowd: inout Crowd) {
        let end = Crowd.now + UInt64(seconds * 1e9)
        while Crowd.now < end { crowd.poll(waiting: 10_000_000) }
    }
}
