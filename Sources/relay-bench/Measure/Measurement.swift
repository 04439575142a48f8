/// What happened while traffic flowed for a while.
struct Measurement {
    var seconds = 0.0
    var sent: UInt64 = 0
    var deliveries: UInt64 = 0
    /// Of the relay, in nanoseconds; nil without a process to look at.
    var cpu: UInt64?
    var user: UInt64?
    /// Shares of one core, in percent: the generator's, and everybody else's but the relay's.
    var generatorShare = 0.0
    var othersShare = 0.0
    /// How late the generator was at worst.
    var latest: UInt64 = 0
    /// Of the tally, where the latencies are.
    var window = 0

    var cpuPerDelivery: Double? { cpu.map { deliveries > 0 ? Double($0) / Double(deliveries) / 1_000 : 0 } }
}

extension Crowd {
    /// Measures so many seconds of the traffic.
    mutating func measure(
        _ traffic: inout Traffic, for seconds: Double, _ server: ServerProcess?,
        step: (inout Crowd, UInt64) throws(BenchError) -> Void = { _, _ in }
    ) throws(BenchError) -> Measurement {
        let time = ComputedTime.now
        let before = server?.sample()
        let began = Self.now
        let sent = traffic.sent
        traffic.forgetDelay()
        let deliveries = shared.tally.deliveries
        let window = shared.tally.keepLatencies(of: began..<began + UInt64(seconds * 1e9))
        try run(&traffic, for: seconds, step: step)

        var found = Measurement(seconds: Double(Self.now - began) / 1e9)
        found.window = window
        let after = server?.sample()
        let timeAfter = ComputedTime.now
        found.sent = traffic.sent - sent
        found.deliveries = shared.tally.deliveries - deliveries
        found.latest = traffic.latest
        if let before, let after {
            found.cpu = after.cpu - before.cpu
            found.user = after.user - min(before.user, after.user)
        }
        func share(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / found.seconds / 1e7 }
        let mine = timeAfter.generator - time.generator
        found.generatorShare = share(mine)
        let all = timeAfter.machine - min(time.machine, timeAfter.machine)
        found.othersShare = share(all - min(all, mine + (found.cpu ?? 0)))
        return found
    }

    /// How long what was due meanwhile took. Complete when it has arrived.
    func latencies(of measurement: Measurement) -> Histogram { shared.tally.latencies(measurement.window) }
}
