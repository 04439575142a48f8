import RelayProtocol

/// The last events, streams and timelines of addresses that somebody may ask for later: those that the application's
/// config names, and those that a subscription with `history` is interested in.
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

    private struct Interest {
        let session: SessionIndex
        let subscription: UInt32
        let pattern: Pattern
    }

    private let limits: HubLimits
    private var rings: [AddressID: Ring] = [:]
    private var interests: [Interest] = []
    private(set) var bytes = 0
    private var order: UInt64 = 0

    init(_ limits: HubLimits) { self.limits = limits }

    var addressCount: Int { rings.count }

    mutating func want(_ pattern: Pattern, session: SessionIndex, subscription: UInt32) {
        interests.append(Interest(session: session, subscription: subscription, pattern: pattern))
    }

    mutating func release(session: SessionIndex, subscription: UInt32) {
        guard !interests.isEmpty else { return }
        interests.removeAll { $0.session == session && $0.subscription == subscription }
    }

    var hasInterests: Bool { !interests.isEmpty }

    func isWanted(_ address: RawSpan, _ id: AddressID) -> Bool {
        rings[id] != nil || interests.contains { $0.pattern.matches(address) }
    }

    /// Keeps a frame. Answers whether the address is new here, and which ones are forgotten for it.
    mutating func keep(_ frame: RawSpan, _ signal: Signal, at id: AddressID, time: UInt64) -> (isNew: Bool, forgotten: [AddressID]) {
        let isNew = rings[id] == nil
        order += 1
        let entry = Entry(frame: frame.array, signal: signal, time: time, order: order)
        rings[id, default: Ring()].entries.append(entry)
        change(id, by: entry.frame.count)
        while let ring = rings[id], ring.entries.count > limits.maxRecentPerAddress { dropOldest(of: id) }
        var forgotten: [AddressID] = []
        while rings.count > limits.maxRecentAddresses || bytes > limits.maxRecentBytes, let oldest = leastRecent {
            if oldest == id, rings.count == 1 {
                dropOldest(of: id)
            } else {
                bytes -= rings.removeValue(forKey: oldest)?.bytes ?? 0
                forgotten.append(oldest)
            }
        }
        return (isNew, forgotten)
    }

    /// The last `count` of every address that matches, no older than `since`, in the order in which they came.
    func newest(
        _ count: Int, since: UInt64, of types: SignalSet, _ isWanted: (AddressID) -> Bool
    ) -> [Entry] {
        var found: [Entry] = []
        for (id, ring) in rings where isWanted(id) {
            found += ring.entries.filter { $0.time >= since && types.admits($0.signal) }.suffix(count)
        }
        return found.sorted { $0.order < $1.order }
    }

    private mutating func dropOldest(of id: AddressID) {
        guard let entry = rings[id]?.entries.removeFirst() else { return }
        change(id, by: -entry.frame.count)
        if rings[id]?.entries.isEmpty == true { rings[id] = nil }
    }

    private mutating func change(_ id: AddressID, by count: Int) {
        rings[id]?.bytes += count
        bytes += count
    }

    /// The address that has been silent for longest.
    private var leastRecent: AddressID? {
        rings.min { ($0.value.entries.last?.order ?? 0) < ($1.value.entries.last?.order ?? 0) }?.key
    }
}
