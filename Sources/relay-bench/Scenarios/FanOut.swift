import RelayProtocol

/// A few write, many listen to the same address.
struct FanOut: Scenario {
    static let name = "fanout"
    static let summary = "A few sessions write to an address that many subscribe to."
    static let flags =
        [
            Flag("subscribers", "N", "100", "who listen"),
            Flag("publishers", "N", "1", "who write"),
            Flag("rate", "R", "0", "messages a second in all; 0 is as fast as they arrive"),
            Flag("window", "N", "256", "with --rate 0: messages that may be under way"),
            Flag("size", "BYTES", "32", "of a value"),
            Flag("signal", "SIGNAL", "param", "param, event or stream"),
            Flag("quality", "QOS", "fire", "fire, confirm or commit; what is acknowledged is not waited for"),
        ] + Scenarios.timing

    private let subscribers: Int
    private let publishers: Int
    private let rate: Double
    private let window: Int
    private let size: Int
    private let signal: Signal
    private let quality: QualityOfService
    private let seconds: Double
    private let warmUp: Double

    init(_ arguments: Arguments) throws(BenchError) {
        subscribers = try arguments.integer("subscribers", in: 1...50_000)
        publishers = try arguments.integer("publishers", in: 1...1_000)
        rate = try arguments.number("rate", in: 0...10_000_000)
        window = try arguments.integer("window", in: 1...100_000)
        size = try arguments.integer("size", in: Stamp.bytes...60_000)
        signal = try arguments.choice("signal", Signal.measured)
        quality = try arguments.choice("quality", QualityOfService.named)
        seconds = try arguments.number("seconds", in: 0.05...3_600)
        warmUp = try arguments.number("warm-up", in: 0...3_600)
    }

    private var title: String {
        let whom = "\(publishers) → \(Decimal.grouped(subscribers))"
        var notes = rate > 0 ? ["\(Decimal.grouped(Int(rate)))/s"] : window == 1 ? ["one at a time"] : ["full speed"]
        if signal != .param { notes.append("\(signal.name)s") }
        if quality != .fire { notes.append("\(quality)") }
        if size != 32 { notes.append("\(Decimal.grouped(size)) B") }
        return "\(whom), \(notes.joined(separator: ", "))"
    }

    func run(_ site: Site) throws(BenchError) -> Record {
        let address = "/bench/fan"
        var crowd = try site.crowd()
        let hearing = try Greeting(site.endpoint, subscribing: address)
        let everyone = Array(0..<publishers)
        let listeners = try crowd.join(subscribers, hearing).map { Listener(client: $0, senders: everyone) }
        for listener in listeners {
            crowd.change(listener.client) { $0.checks = Array(repeating: SequenceCheck(), count: publishers) }
        }
        let writing = try crowd.join(publishers, try Greeting(site.endpoint, subscribing: nil))
        var senders: [Traffic.Sender] = []
        for (index, client) in writing.enumerated() {
            let frame = try StampedFrame(
                signal, to: address, run: crowd.shared.run, sender: UInt32(index), size: size, quality)
            senders.append(Traffic.Sender(client: client, frames: [frame]))
        }
        var traffic = Traffic(
            senders, rate > 0 ? .rate(rate) : .window(window), reference: listeners[listeners.count - 1].client)
        try crowd.run(&traffic, for: warmUp)
        let found = try crowd.measure(&traffic, for: seconds, site.server)
        crowd.drain(traffic, listeners)
        var record = Record(Self.name, case: title)
        record.add("subscribers", subscribers)
        record.add("publishers", publishers)
        record.add("rate", rate)
        record.add("size", size)
        // The time in a queue that is always full makes no curve worth drawing.
        record.add(found, crowd.latencies(of: found), withCurve: rate > 0)
        record.add(Losses(crowd, traffic, listeners))
        record.add("resident_bytes", site.server?.residentBytes ?? 0)
        return record
    }
}

extension Signal {
    static let measured: [(String, Signal)] = [("param", .param), ("event", .event), ("stream", .stream)]
}

extension QualityOfService {
    static let named: [(String, QualityOfService)] = [("fire", .fire), ("confirm", .confirm), ("commit", .commit)]
}
