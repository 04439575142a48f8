/// What a lagging session did not get: params by number, of which the newest value will do, and the newest frame of
/// each stream.
struct MissedUpdates {
    /// One bit per address.
    private var params: [UInt64] = []
    private var streams: [(id: AddressID, frame: [UInt8])] = []
    private var streamBytes = 0

    var hasParams: Bool { !params.isEmpty }

    mutating func note(_ id: AddressID) {
        let word = Int(id) / 64
        if word >= params.count {
            params.append(contentsOf: repeatElement(0, count: word + 1 - params.count))
        }
        params[word] |= 1 << UInt64(id % 64)
    }

    /// Forgets an address; true if it was missed.
    mutating func clear(_ id: AddressID) -> Bool {
        let word = Int(id) / 64
        guard word < params.count else { return false }
        let bit = UInt64(1) << UInt64(id % 64)
        defer { params[word] &= ~bit }
        return params[word] & bit != 0
    }

    /// Takes out the first missed address at or behind `position`.
    mutating func next(from position: AddressID) -> AddressID? {
        var word = Int(position) / 64
        guard word < params.count else { return nil }
        var bits = params[word] & (UInt64.max << UInt64(position % 64))
        while bits == 0 {
            word += 1
            guard word < params.count else { return nil }
            bits = params[word]
        }
        let bit = bits.trailingZeroBitCount
        params[word] &= ~(1 << UInt64(bit))
        return AddressID(truncatingIfNeeded: word * 64 + bit)
    }

    /// Keeps the newest frame of a stream in place of an older one; beyond the bounds the oldest goes.
    mutating func note(stream id: AddressID, _ frame: [UInt8], limits: HubLimits) {
        if let place = streams.firstIndex(where: { $0.id == id }) {
            streamBytes -= streams[place].frame.count
            streams.remove(at: place)
        }
        streams.append((id, frame))
        streamBytes += frame.count
        while streams.count > limits.maxMissedStreams || streamBytes > limits.maxMissedStreamBytes {
            streamBytes -= streams.removeFirst().frame.count
        }
    }

    mutating func takeStreams() -> [[UInt8]] {
        defer {
            streams = []
            streamBytes = 0
        }
        return streams.map(\.frame)
    }
}
