import RelayProtocol

/// Many small groups in which everybody writes and everybody listens.
struct Rooms: Scenario {
    static let name = "rooms"
    static let summary = "Rooms whose members all write to the room's address and subscribe to it."
    static let flags =
        [
            Flag("rooms", "N", "100", "how many"), Flag("members", "N", "10", "of each room"),
            Flag("rate", "R", "10", "messages a second of each member"), Flag("size", "BYTES", "32", "of a value"),
        ] + Scenarios.timing

    private let rooms: Int
    private let members: Int
    private let rate: Double
    private let size: Int
    private let seconds: Double
    private let warmUp: Double

    init(_ arguments: Arguments) throws(BenchError) {
        rooms = try arguments.integer("rooms", in: 1...10_000)
        members = try arguments.integer("members", in: 1...1_000)
        rate = try arguments.number("rate", in: 0.01...100_000)
        size = try arguments.integer("size", in: Stamp.bytes...60_000)
        seconds = try arguments.number("seconds", in: 0.05...3_600)
        warmUp = try arguments.number("warm-up", in: 0...3_600)
    }

    func run(_ site: Site) throws(BenchError) -> Record {
        var crowd = try site.crowd()
        var senders: [Traffic.Sender?] = Array(repeating: nil, count: rooms * members)
        var listeners: [Listener] = []
        for room in 0..<rooms {
            // Equally long, so that all look the same on the wire.
            let address = "/bench/room/\(String(room + 100_000).dropFirst())"
            // Neighbours in the order of sending are in different rooms.
            let places = (0..<members).map { $0 * rooms + room }
            for (member, client) in try crowd.join(members, try Greeting(site.endpoint, subscribing: address))
                .enumerated()
            {
                crowd.change(client) { $0.checks = Array(repeating: SequenceCheck(), count: members) }
                let frame = try StampedFrame(
                    .param, to: address, run: crowd.shared.run, sender: UInt32(member), size: size, .fire)
                senders[places[member]] = Traffic.Sender(client: client, frames: [frame])
                listeners.append(Listener(client: client, senders: places))
            }
        }
        let all = senders.compactMap { $0 }
        var traffic = Traffic(all, .rate(rate * Double(all.count)), reference: all[0].client)
        try crowd.run(&traffic, for: warmUp)
        let found = try crowd.measure(&traffic, for: seconds, site.server)
        crowd.drain(traffic, listeners)
        var record = Record(Self.name, case: "\(rooms) × \(members), each \(Decimal.text(rate))/s")
        record.add("rooms", rooms)
        record.add("members", members)
        record.add("rate_each", rate)
        record.add("size", size)
        record.add(found, crowd.latencies(of: found), withCurve: true)
        record.add(Losses(crowd, traffic, listeners))
        record.add("resident_bytes", site.server?.residentBytes ?? 0)
        return record
    }
}
