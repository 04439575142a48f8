/// Who may hash now, who waits for it, and who is sent away. Belongs to the actor that holds it.
struct HashTurns {
    private var running = 0
    private var waiting: [@Sendable () -> Void] = []
    private let capacity: Int
    private let maxWaiting: Int

    init(capacity: Int, maxWaiting: Int) {
        self.capacity = capacity
        self.maxWaiting = maxWaiting
    }

    enum Entry { case now, wait, full }

    mutating func enter() -> Entry {
        if running < capacity {
            running += 1
            return .now
        }
        return waiting.count < maxWaiting ? .wait : .full
    }

    var waitingCount: Int { waiting.count }

    /// `proceed` is called when the turn has come.
    mutating func wait(_ proceed: @escaping @Sendable () -> Void) { waiting.append(proceed) }

    /// Hands the turn to who has waited longest.
    mutating func leave() {
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst()() }
    }
}
