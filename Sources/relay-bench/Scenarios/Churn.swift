import RelayProtocol

/// Sessions come and go while others go on.
struct Churn: Scenario {
    static let name = "churn"
    static let summary =
        "Sessions that connect, subscribe and leave again, one after another, beside a fan-out at a fixed rate."
    static let flags =
        [
            Flag("joins", "R", "500", "that come a second; 0 is as fast as the generator can"),
            Flag("parallel", "N", "32", "at most under way at a time"),
            Flag("subscribers", "N", "10", "who stay, and are written to"),
            Flag("rate", "R", "1000", "messages a second to those"),
            Flag("size", "BYTES", "32", "of a value"),
        ] + Scenarios.timing

    private let joins: Double
    private let parallel: Int
    private let subscribers: Int
    private let rate: Double
    private let size: Int
    private let seconds: Double
    private let warmUp: Double

    init(_ arguments: Arguments) throws(BenchError) {
        joins = try arguments.number("joins", in: 0...100_000)
        parallel = try arguments.integer("parallel", in: 1...1_000)
        subscribers = try arguments.integer("subscribers", in: 1...10_000)
        rate = try arguments.number("rate", in: 1...1_000_000)
        size = try arguments.integer("size", in: Stamp.bytes...60_000)
        seconds = try arguments.number("seconds", in: 0.05...3_600)
        warmUp = try arguments.number("warm-up", in: 0...3_600)
    }

    func run(_ site: Site) throws(BenchError) -> Record {
        let address = "/bench/churn"
        var crowd = try site.crowd()
        let hearing = try Greeting(site.endpoint, subscribing: address)
        let listeners = try crowd.join(subscribers, hearing).map { Listener(client: $0, senders: [0]) }
        for listener in listeners { crowd.change(listener.client) { $0.checks = [SequenceCheck()] } }
        let writer = try crowd.join(1, try Greeting(site.endpoint, subscribing: nil))[0]
        let frame = try StampedFrame(
            .param, to: address, run: crowd.shared.run, sender: 0, size: size, .fire)
        var traffic = Traffic(
            [Traffic.Sender(client: writer, frames: [frame])], .rate(rate), reference: listeners[0].client)

        try crowd.run(&traffic, for: warmUp)
        let alone = try crowd.measure(&traffic, for: seconds, site.server)
        let memory = site.server?.residentBytes ?? 0
        var door = RevolvingDoor(hearing, rate: joins, parallel: parallel)
        let beside = try crowd.measure(&traffic, for: seconds, site.server) { crowd, now throws(BenchError) in
            try door.turn(&crowd, at: now)
        }
        try door.empty(&crowd)
        crowd.drain(traffic, listeners)

        var record = Record(
            Self.name,
            case: joins > 0 ? "\(Decimal.text(joins)) joins/s" : "joins at full speed")
        record.add("subscribers", subscribers)
        record.add("rate", rate)
        record.add(beside)
        record.add("joins", door.joins.count)
        record.add("joins_per_s", Double(door.joins.count) / beside.seconds)
        record.add("joins_failed", door.failed)
        record.add(door.joins, "_join")
        if let before = alone.cpu, let after = beside.cpu, door.joins.count > 0 {
            let rest = Double(before) * beside.seconds / alone.seconds
            record.add("cpu_us_per_join", max(0, Double(after) - rest) / Double(door.joins.count) / 1e3)
        }
        record.add(crowd.latencies(of: alone), "_alone")
        record.add(crowd.latencies(of: beside), "_beside")
        record.add(Losses(crowd, traffic, listeners))
        record.add("resident_bytes_grown", max(0, (site.server?.residentBytes ?? 0) - memory))
        return record
    }
}

/// Lets sessions in and out again.
private struct RevolvingDoor {
    private let greeting: Greeting
    private let rate: Double
    private let parallel: Int
    private var inside: [Int] = []
    private var began: UInt64?
    private var opened = 0
    /// From the moment a session was due to the PONG behind its SUBSCRIBE.
    private(set) var joins = Histogram()
    private(set) var failed = 0

    init(_ greeting: Greeting, rate: Double, parallel: Int) {
        (self.greeting, self.rate, self.parallel) = (greeting, rate, parallel)
    }

    mutating func turn(_ crowd: inout Crowd, at now: UInt64) throws(BenchError) {
        let start = began ?? now
        began = start
        // One at a time: a connect takes long enough for the messages that are due meanwhile.
        let due = rate > 0 ? start + UInt64(Double(opened) * 1e9 / rate) : now
        if due <= now, inside.count < parallel {
            let number = try crowd.open(greeting, at: due)
            crowd.change(number) { $0.isObserved = false }
            inside.append(number)
            opened += 1
        }
        try see(out: &crowd)
    }

    mutating func empty(_ crowd: inout Crowd) throws(BenchError) {
        let deadline = Crowd.now + 5_000_000_000
        while !inside.isEmpty, Crowd.now < deadline {
            crowd.poll(waiting: 200_000)
            try see(out: &crowd)
        }
        failed += inside.count
    }

    private mutating func see(out crowd: inout Crowd) throws(BenchError) {
        var index = 0
        while index < inside.count {
            let number = inside[index]
            switch crowd.clients[number].stage {
            case .ready:
                if let ready = crowd.clients[number].readySince { joins.record(ready - crowd.clients[number].began) }
                crowd.leave(number)
            case .closed:
                if crowd.clients[number].readySince == nil { failed += 1 }
                crowd.release(number)
                inside.swapAt(index, inside.count - 1)
                inside.removeLast()
                continue
            default: break
            }
            index += 1
        }
    }
}
