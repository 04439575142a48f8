import RelayProtocol

/// What was last told to those who want changes thinned, and what is still to be told.
struct PacedDeliveries {
    struct Key: Hashable {
        let session: SessionIndex
        let id: AddressID
        let signal: Signal
    }

    struct State {
        /// Uptime of the last delivery.
        var told: UInt64
        var number: Double?
        var isOwed = false
        /// The newest frame of a stream that is owed; of a param the newest value is in the store.
        var frame: [UInt8]?
        /// The deadline that will look at it.
        var looksAgain: UInt64 = 0
    }

    private(set) var states: [Key: State] = [:]

    var count: Int { states.count }

    subscript(key: Key) -> State? {
        get { states[key] }
        set { states[key] = newValue }
    }

    /// Forgets a session; answers the addresses that it no longer needs.
    mutating func drop(session: SessionIndex) -> [AddressID] {
        guard !states.isEmpty else { return [] }
        let keys = states.keys.filter { $0.session == session }
        for key in keys { states[key] = nil }
        return keys.map(\.id)
    }
}
