import RelayProtocol

/// Gestures under way. Their moves come faster than anybody looks: the newest is passed on at a steady pace.
struct GestureTable {
    struct Key: Hashable {
        let session: SessionIndex
        let id: AddressID
        let gesture: UInt32
    }

    struct Gesture {
        /// Uptime of its start.
        let started: UInt64
        /// The newest move, as the frame to pass on.
        var move: [UInt8]?
    }

    private var gestures: [Key: Gesture] = [:]
    /// Those with a move that waits, in the order in which they began to wait; some may have ended by now.
    private var waiting: [Key] = []
    var isTicking = false

    var count: Int { gestures.count }
    var isEmpty: Bool { gestures.isEmpty }

    subscript(key: Key) -> Gesture? { gestures[key] }

    mutating func start(_ key: Key, at uptime: UInt64) {
        gestures[key] = Gesture(started: uptime)
    }

    /// Keeps a move in place of an older one; true when it replaced one.
    mutating func wait(_ key: Key, _ move: [UInt8]) -> Bool {
        let isWaiting = gestures[key]?.move != nil
        gestures[key]?.move = move
        if !isWaiting { waiting.append(key) }
        return isWaiting
    }

    /// Takes all moves that wait.
    mutating func takeWaiting() -> [(key: Key, move: [UInt8])] {
        let keys = waiting
        waiting.removeAll(keepingCapacity: true)
        return keys.compactMap { key in
            guard let move = gestures[key]?.move else { return nil }
            gestures[key]?.move = nil
            return (key, move)
        }
    }

    /// Ends a gesture; answers the move that still waited.
    mutating func end(_ key: Key) -> Gesture? {
        gestures.removeValue(forKey: key)
    }

    func keys(where isMeant: (Key, Gesture) -> Bool) -> [Key] {
        gestures.compactMap { isMeant($0.key, $0.value) ? $0.key : nil }
    }
}
