import RelayProtocol

/// Some listeners stop reading while values keep coming, and read again later.
struct SlowPeer: Scenario {
    static let name = "slow"
    static let summary =
        "Listeners alone; then others join that read nothing while messages keep coming; then those read again. What the\n"
        + "first ones notice, what it costs the relay, and what the slow ones end up with."
    static let flags = [
        Flag("subscribers", "N", "10", "who keep reading"),
        Flag("slow", "N", "1", "who stop"),
        Flag("rate", "R", "5000", "messages a second"),
        Flag("addresses", "N", "100", "that are written in turn"),
        Flag("size", "BYTES", "1024", "of a value"),
        Flag("fill", "S", "2", "from the stop until something is measured: their sockets fill up first"),
        Flag("stall", "S", "4", "how long is measured while they do not read"),
        Flag("seconds", "S", "2", "how long is measured before they come, and after they read again"),
    ]

    private let subscribers: Int
    private let slow: Int
    private let rate: Double
    private let addresses: Int
    private let size: Int
    private let fill: Double
    private let stall: Double
    private let seconds: Double

    init(_ arguments: Arguments) throws(BenchError) {
        subscribers = try arguments.integer("subscribers", in: 1...10_000)
        slow = try arguments.integer("slow", in: 1...10_000)
        rate = try arguments.number("rate", in: 1...1_000_000)
        addresses = try arguments.integer("addresses", in: 1...99_999)
        size = try arguments.integer("size", in: Stamp.bytes...60_000)
        fill = try arguments.number("fill", in: 0...3_600)
        stall = try arguments.number("stall", in: 0.05...3_600)
        seconds = try arguments.number("seconds", in: 0.05...3_600)
    }

    func run(_ site: Site) throws(BenchError) -> Record {
        var crowd = try site.crowd()
        let hearing = try Greeting(site.endpoint, subscribing: "/bench/slow/*")
        let listeners = try crowd.join(subscribers, hearing).map { Listener(client: $0, senders: [0]) }
        for listener in listeners { crowd.change(listener.client) { $0.checks = [SequenceCheck()] } }
        let writer = try crowd.join(1, try Greeting(site.endpoint, subscribing: nil))[0]
        var frames: [StampedFrame] = []
        for number in 0..<addresses {
            let address = "/bench/slow/\(String(number + 100_000).dropFirst())"
            frames.append(
                try StampedFrame(.param, to: address, run: crowd.shared.run, sender: 0, size: size, .fire))
        }
        var traffic = Traffic(
            [Traffic.Sender(client: writer, frames: frames)], .rate(rate), reference: listeners[0].client)

        try crowd.run(&traffic, for: 0.5)
        let before = try crowd.measure(&traffic, for: seconds, site.server)
        let memory = site.server?.residentBytes ?? 0
        let stalled = try crowd.join(slow, hearing, receiveBuffer: 65_536)
        for client in stalled {
            crowd.change(client) {
                $0.isObserved = false
                $0.checks = [SequenceCheck(next: traffic.sent)]
                $0.newest = Array(repeating: 0, count: addresses)
            }
            crowd.pause(client)
        }
        try crowd.run(&traffic, for: fill)
        var peak = 0
        var nextLook: UInt64 = 0
        let during = try crowd.measure(&traffic, for: stall, site.server) { _, now in
            guard now >= nextLook else { return }
            nextLook = now + 50_000_000
            peak = max(peak, site.server?.residentBytes ?? 0)
        }
        let resumed = Crowd.now
        for client in stalled {
            crowd.change(client) { $0.awaits = resumed }
            crowd.pause(client, false)
        }
        let after = try crowd.measure(&traffic, for: seconds, site.server)
        crowd.drain(traffic, listeners)
        // Of what was left out for them the newest values come in any order. TCP tries a peer whose buffer was full again
        // after pauses that double, and by now may be in one of many seconds.
        var behind = stalled
        crowd.drain(patience: 30) { crowd in
            behind.removeAll { !crowd.clients[$0].isOpen || hasNewest(crowd.clients[$0], of: traffic.sent) }
            return behind.isEmpty
        }

        var record = Record(
            Self.name,
            case: "1 → \(Decimal.grouped(subscribers)), \(Decimal.grouped(Int(rate)))/s of \(Decimal.grouped(size)) B, "
                + "\(Decimal.grouped(slow)) slow")
        record.add("subscribers", subscribers)
        record.add("slow", slow)
        record.add("rate", rate)
        record.add("size", size)
        record.add(during)
        for (phase, name) in [(before, "before"), (during, "during"), (after, "after")] {
            record.add(crowd.latencies(of: phase), "_\(name)")
        }
        record.add(Losses(crowd, traffic, listeners))
        record.add("resident_bytes_grown", max(0, peak - memory))
        record.add("resident_bytes_grown_per_slow", Double(max(0, peak - memory)) / Double(slow))
        add(stalled, crowd, traffic, since: resumed, to: &record)
        return record
    }

    /// Of the last so many numbers each is the newest of its address.
    private func hasNewest(_ client: Client, of sent: UInt64) -> Bool {
        (sent - min(sent, UInt64(addresses))..<sent).allSatisfy { client.newest[Int($0 % UInt64(addresses))] == $0 }
    }

    private func add(
        _ stalled: [Int], _ crowd: borrowing Crowd, _ traffic: Traffic, since resumed: UInt64, to record: inout Record
    ) {
        var conflated: UInt64 = 0
        var (sentAway, wrong, silent) = (0, 0, 0)
        var catchUp = Histogram()
        for number in stalled {
            let client = crowd.clients[number]
            guard client.isOpen else {
                if client.closeCode == 1_013 { sentAway += 1 } else { silent += 1 }
                continue
            }
            conflated += traffic.sent - min(traffic.sent, client.checks[0].received)
            if !hasNewest(client, of: traffic.sent) { wrong += 1 }
            if let moment = client.caughtUp { catchUp.record(moment - resumed) } else { silent += 1 }
        }
        record.add("slow_conflated", conflated)
        record.add("slow_closed_1013", sentAway)
        record.add("slow_without_newest", wrong)
        record.add("slow_lost", silent)
        if catchUp.count > 0 {
            record.add("catch_up_ms", Double(catchUp.quantile(0.5)) / 1e6)
            record.add("slowest_catch_up_ms", Double(catchUp.greatest) / 1e6)
        }
    }
}
