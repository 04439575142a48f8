/// Who may hash now, who waits for it, and who is sent away. Belongs to the actor that holds it.
///
/// One client gets a quarter of the places: a right password is no failure, so nothing else would keep few clients from
/// taking all of them.
struct HashTurns {
    private struct Place {
        let client: AttemptKey?
        let proceed: @Sendable () -> Void
    }

    private var running = 0
    private var waiting: [Place] = []
    private var places: [AttemptKey: Int] = [:]
    private let capacity: Int
    private let maxWaiting: Int
    private var maxPerClient: Int { max(maxWaiting / 4, 1) }

    init(capacity: Int, maxWaiting: Int) {
        self.capacity = capacity
        self.maxWaiting = maxWaiting
    }

    enum Entry { case now, wait, full }

    /// Without a client where nobody knows it.
    mutating func enter(_ client: AttemptKey?) -> Entry {
        if running < capacity {
            running += 1
            return .now
        }
        if let client, places[client, default: 0] >= maxPerClient { return .full }
        return waiting.count < maxWaiting ? .wait : .full
    }

    var waitingCount: Int { waiting.count }

    /// `proceed` is called when the turn has come.
    mutating func wait(_ client: AttemptKey?, _ proceed: @escaping @Sendable () -> Void) {
        if let client { places[client, default: 0] += 1 }
        waiting.append(Place(client: client, proceed: proceed))
    }

    /// Hands the turn to who has waited longest.
    mutating func leave() {
        guard !waiting.isEmpty else {
            running -= 1
            return
        }
        let next = waiting.removeFirst()
        if let client = next.client { places[client] = places[client].flatMap { $0 > 1 ? $0 - 1 : nil } }
        next.proceed()
    }
}
