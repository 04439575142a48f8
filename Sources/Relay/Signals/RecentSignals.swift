import RelayProtocol

/// The last events, streams and timelines of addresses that somebody may ask for later: those that the application's
/// config names, and those that a subscription with `history` listens to.
struct RecentSignals {
    struct Entry {
        let frame: [UInt8]
        let signal: Signal
        /// Unix microseconds.
        let time: UInt64
        /// Counts all that were kept, so that several addresses can be told in order.
        let order: UInt64
    }

    private struct Ring {
        var entries: [Entry] = []
        var bytes = 0
    }

    private let limits: HubLimits
    private var rings: [AddressID: Ring] = [:]
    private(set) var bytes = 0
    private var order: UInt64 = 0

    init(_ limits: HubLimits) { self.limits = limits }

    var addressCount: Int { rings.count }

    /// Whether an address has been of interest before; then it is, until others push it out.
    func has(_ id: AddressID) -> Bool { !rings.isEmpty && rings[id] != nil }

    /// Keeps a frame. Answers whether the address is new here, and which ones are forgotten for it.
    mutating func keep(_ frame: RawSpan, _ signal: Signal, at id: AddressID, time: UInt64) -> (
        isNew: Bool, forgotten: [AddressID]
    ) {
        let isNew = rings[id] == nil
        order += 1
        let entry = Entry(frame: frame.array, signal: signal, time: time, order: order)
        rings[id, default: Ring()].entries.append(entry)
        change(id, by: entry.frame.count)
        while let ring = rings[id], ring.entries.count > limits.maxRecentPerAddress { dropOldest(of: id) }
        var forgotten: [AddressID] = []
        if rings.count > limits.maxRecentAddresses || bytes > limits.maxRecentBytes {
            forgotten = makeRoom(keeping: id)
        }
        while bytes > limits.maxRecentBytes, rings[id]?.entries.isEmpty == false { dropOldest(of: id) }
        return (isNew, forgotten)
    }

    /// The last `count` of every address that matches, no older than `since`, in the order in which they came; of very
    /// many the newest.
    func newest(
        _ count: Int, since: UInt64, of types: SignalSet, _ isWanted: (AddressID) -> Bool
    ) -> [Entry] {
        var found: [Entry] = []
        for (id, ring) in rings where isWanted(id) {
            found += ring.entries.filter { $0.time >= since && types.admits($0.signal) }.suffix(count)
        }
        found.sort { $0.order < $1.order }
        var room = limits.maxRecentReplyBytes
        let told = found.reversed().prefix { entry in
            room -= entry.frame.count
            return room >= 0
        }
        return told.reversed()
    }

    /// Answers which addresses are forgotten.
    mutating func forgetAll() -> [AddressID] {
        defer {
            rings = [:]
            bytes = 0
        }
        return Array(rings.keys)
    }

    private mutating func dropOldest(of id: AddressID) {
        guard let entry = rings[id]?.entries.removeFirst() else { return }
        change(id, by: -entry.frame.count)
    }

    private mutating func change(_ id: AddressID, by count: Int) {
        rings[id]?.bytes += count
        bytes += count
    }

    /// Forgets the addresses that have been silent for longest: a few more than it must, so that it is seldom done.
    private mutating func makeRoom(keeping newest: AddressID) -> [AddressID] {
        let byAge = rings.map { (id: $0.key, order: $0.value.entries.last?.order ?? 0) }.sorted { $0.order < $1.order }
        var forgotten: [AddressID] = []
        for (id, _) in byAge where id != newest {
            guard rings.count > limits.maxRecentAddresses * 7 / 8 || bytes > limits.maxRecentBytes / 8 * 7 else {
                break
            }
            bytes -= rings.removeValue(forKey: id)?.bytes ?? 0
            forgotten.append(id)
        }
        return forgotten
    }
}
