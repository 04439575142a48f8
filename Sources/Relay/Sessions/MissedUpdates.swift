import RelayProtocol

/// Of what only the newest frame counts: a stream, or a gesture's moves.
struct StreamKey: Equatable {
    let id: AddressID
    /// Nil for a stream.
    private var sender: SessionIndex?
    private var gesture: UInt32 = 0

    init(stream id: AddressID) { self.id = id }

    init(move id: AddressID, _ sender: SessionIndex, _ gesture: UInt32) {
        self.id = id
        self.sender = sender
        self.gesture = gesture
    }

    var signal: Signal { sender == nil ? .stream : .gesture }
}

/// What a lagging session did not get: params by number, of which the newest value will do, and the newest frame of
/// each stream.
struct MissedUpdates {
    struct Stream {
        let key: StreamKey
        /// Of the address at that time.
        let generation: UInt32
        let frame: [UInt8]
    }

    /// One bit per address.
    private var params: [UInt64] = []
    private var streams: [Stream] = []
    private var streamBytes = 0

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
    mutating func note(_ stream: Stream, limits: HubLimits) {
        drop(stream: stream.key)
        streams.append(stream)
        streamBytes += stream.frame.count
        while streams.count > limits.maxMissedStreams || streamBytes > limits.maxMissedStreamBytes {
            streamBytes -= streams.removeFirst().frame.count
        }
    }

    mutating func drop(stream key: StreamKey) {
        guard let place = streams.firstIndex(where: { $0.key == key }) else { return }
        streamBytes -= streams.remove(at: place).frame.count
    }

    mutating func takeStreams() -> [Stream] {
        defer {
            streams = []
            streamBytes = 0
        }
        return streams
    }
}
