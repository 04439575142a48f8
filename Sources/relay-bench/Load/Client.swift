import RelayProtocol

/// One session of the generator: what it is waiting for, what it has not yet sent, what it has seen.
struct Client {
    enum Stage: Equatable {
        case upgrading, greeting, subscribing, ready, leaving
        case closed
    }

    let socket: Socket
    let greeting: Greeting
    var stage = Stage.upgrading
    /// When the connection was asked for, when HELLO was sent, and when the subscription was in force.
    var began: UInt64
    var greeted: UInt64?
    var readySince: UInt64?
    var closeCode: UInt16?
    var closeReason = ""
    var errors = 0
    var firstError = ""

    /// By sender. Empty when nobody wants to know.
    var checks: [SequenceCheck] = []
    /// Whether what it hears counts in the tally.
    var isObserved = true
    /// The newest number of each of so many addresses that one sender writes in turn.
    var newest: [UInt64] = []
    var params: ParamSet?
    /// When the first value came that was due at or after `awaits`.
    var awaits: UInt64?
    var caughtUp: UInt64?
    var pongs = 0
    var receivedBytes = 0

    /// The beginning of a frame that has not come whole.
    var partial: [UInt8] = []
    var pending: [UInt8] = []
    private(set) var sent = 0
    var isPaused = false
    private(set) var waitsToWrite = false

    init(_ socket: Socket, _ greeting: Greeting, at now: UInt64) {
        (self.socket, self.greeting, began) = (socket, greeting, now)
        pending = greeting.upgrade
    }

    var isOpen: Bool { stage != .closed }
    var backlog: Int { pending.count - sent }

    /// Sends what it can. True when what to wait for has changed.
    mutating func flush() -> Bool {
        while sent < pending.count, isOpen {
            switch socket.send(pending, from: sent) {
            case .bytes(let count): sent += count
            case .later:
                defer { waitsToWrite = true }
                return !waitsToWrite
            case .ended:
                // Reading tells the reason.
                pending.removeAll()
                sent = 0
                return false
            }
        }
        pending.removeAll(keepingCapacity: true)
        sent = 0
        defer { waitsToWrite = false }
        return waitsToWrite
    }

    mutating func end() {
        guard isOpen else { return }
        stage = .closed
        socket.close()
        (partial, pending, sent) = ([], [], 0)
    }
}
