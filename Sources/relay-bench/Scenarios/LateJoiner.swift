import RelayJSON
import RelayProtocol

/// Somebody comes to a relay that already holds many params: how soon he has them all, and what the others notice.
struct LateJoiner: Scenario {
    static let name = "joiner"
    static let summary =
        "Sessions that join, one after another, a relay that holds many params; first with nothing else to do for the\n"
        + "relay, then beside a message a millisecond from one session to another, whose worst latency is told."
    static let flags = [
        Flag("params", "N", "100000", "how many, up to 10000000; each is a float at an address of 21 bytes"),
        Flag("joiners", "N", "5", "how many join alone, and how many beside the messages"),
        Flag("patience", "S", "30", "longest time for one of them"),
    ]

    private let params: Int
    private let joiners: Int
    private let patience: Double

    private static let probeRate = 1_000.0

    init(_ arguments: Arguments) throws(BenchError) {
        params = try arguments.integer("params", in: 1...10_000_000)
        joiners = try arguments.integer("joiners", in: 1...1_000)
        patience = try arguments.number("patience", in: 1...3_600)
    }

    func run(_ site: Site) throws(BenchError) -> Record {
        var crowd = try site.crowd()
        let silent = try Greeting(site.endpoint, subscribing: nil)
        let ear = try crowd.join(1, try Greeting(site.endpoint, subscribing: "/bench/probe"))[0]
        let others = try crowd.join(2, silent)
        crowd.change(ear) { $0.checks = [SequenceCheck()] }
        let frame = try StampedFrame(.event, to: "/bench/probe", run: crowd.shared.run, sender: 0, size: 32, .fire)
        var probe = Traffic(
            [Traffic.Sender(client: others[0], frames: [frame])], .rate(Self.probeRate), reference: ear)

        var record = Record(Self.name, case: "\(Decimal.grouped(params)) params")
        record.add("params", params)
        try set(from: others[1], &crowd, site.server, &record)

        var alone = Joins()
        for _ in 0..<joiners { try alone.take(join(silent, &crowd, site.server, &probe, isProbing: false)) }
        let quiet = try crowd.measure(&probe, for: 0.5, nil)
        var beside = Joins()
        let busy = crowd.shared.tally.keepLatencies(of: Crowd.now..<UInt64.max)
        for _ in 0..<joiners { try beside.take(join(silent, &crowd, site.server, &probe, isProbing: true)) }
        crowd.drain(probe, [Listener(client: ear, senders: [0])])

        record.add("joiners", joiners)
        record.add("join_ms", Self.median(alone.milliseconds))
        record.add("slowest_join_ms", alone.milliseconds.max())
        if !alone.cpu.isEmpty { record.add("cpu_ms_per_join", Self.median(alone.cpu)) }
        record.add("bytes_per_join", alone.bytes)
        record.add("join_ms_beside", Self.median(beside.milliseconds))
        record.add(crowd.latencies(of: quiet), "_probe_alone")
        record.add(crowd.shared.tally.latencies(busy), "_probe")
        record.add(Losses(crowd, probe, [Listener(client: ear, senders: [0])]))
        record.add("resident_bytes_after", site.server?.residentBytes ?? 0)
        return record
    }

    private struct Joins {
        var milliseconds: [Double] = []
        var cpu: [Double] = []
        var bytes = 0

        mutating func take(_ join: (milliseconds: Double, cpu: Double?, bytes: Int)) {
            milliseconds.append(join.milliseconds)
            if let used = join.cpu { cpu.append(used) }
            bytes = join.bytes
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    // MARK: Params

    private func set(
        from client: Int, _ crowd: inout Crowd, _ server: ServerProcess?, _ record: inout Record
    ) throws(BenchError) {
        let digits: UInt64 = 0x3030_3030_3030_3030
        let value = 1234.5678
        var frame = try FrameTemplate(
            ["type": "SET", "address": "/bench/param/00000000", "value": ["t": "float", "v": .double(value)]], .fire,
            changing: [digits, value.bitPattern])
        let before = server?.sample()
        let began = Crowd.now
        for number in 0..<params {
            frame.put(Self.digits(of: number), in: 0)
            frame.put((Double(number) / 2).bitPattern, in: 1)
            crowd.send(frame.bytes, from: client)
            guard crowd.clients[client].backlog > 65_536 || number == params - 1 else { continue }
            crowd.flush(client)
            while crowd.clients[client].backlog > 65_536 { crowd.poll(waiting: 1_000_000) }
        }
        let pongs = crowd.clients[client].pongs
        crowd.send(Greeting.ping, from: client)
        crowd.flush(client)
        let deadline = Crowd.now + 60_000_000_000
        while crowd.clients[client].pongs == pongs {
            crowd.poll(waiting: 1_000_000)
            guard crowd.clients[client].isOpen else { throw crowd.gone(client) }
            guard Crowd.now < deadline else { throw BenchError("the relay does not take the params") }
        }
        guard crowd.clients[client].errors == 0 else {
            throw BenchError("the relay refused params: \(crowd.clients[client].firstError)")
        }
        record.add("sets_per_s", Double(params) / (Double(Crowd.now - began) / 1e9))
        guard let before, let after = server?.sample() else { return }
        record.add("cpu_us_per_set", Double(after.cpu - before.cpu) / Double(params) / 1e3)
        record.add("resident_bytes", after.residentBytes)
        record.add("resident_bytes_per_param", Double(after.residentBytes - before.residentBytes) / Double(params))
    }

    /// Eight of them, as text.
    private static func digits(of number: Int) -> UInt64 {
        var (rest, word) = (number, UInt64(0))
        for place in 0..<8 {
            word |= UInt64(0x30 + rest % 10) << UInt64(8 * place)
            rest /= 10
        }
        return word
    }

    // MARK: Joining

    /// From HELLO to the last param.
    private func join(
        _ greeting: Greeting, _ crowd: inout Crowd, _ server: ServerProcess?, _ probe: inout Traffic,
        isProbing: Bool
    ) throws(BenchError) -> (milliseconds: Double, cpu: Double?, bytes: Int) {
        let before = server?.sample()
        let began = Crowd.now
        let client = try crowd.open(greeting)
        crowd.change(client) { $0.params = ParamSet(params) }
        while crowd.clients[client].params?.isComplete == false {
            let now = Crowd.now
            if isProbing { try probe.send(into: &crowd, at: now) }
            crowd.poll(waiting: 200_000)
            guard crowd.clients[client].isOpen else { throw crowd.gone(client) }
            guard now - began < UInt64(patience * 1e9) else {
                throw BenchError("a joiner had \(crowd.clients[client].params?.count ?? 0) params and got no more")
            }
        }
        let took = Crowd.now - (crowd.clients[client].greeted ?? began)
        let cpu = server?.sample().flatMap { after in before.map { Double(after.cpu - $0.cpu) / 1e6 } }
        let bytes = crowd.clients[client].receivedBytes
        crowd.leave(client)
        while crowd.clients[client].isOpen {
            if isProbing { try probe.send(into: &crowd, at: Crowd.now) }
            crowd.poll(waiting: 200_000)
        }
        crowd.release(client)
        return (Double(took) / 1e6, cpu, bytes)
    }
}
