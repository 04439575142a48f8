import RelayNet

/// Leaving: nobody new, a checkpoint, then one connection after the other is told to come back soon, so that not all of
/// them do at the same moment.
struct Shutdown {
    private let timeout: UInt64
    private let spread: UInt64
    /// Ends the loop's thread.
    let stop: @Sendable () -> Void

    private(set) var isUnderWay = false
    private var left: [ConnectionID] = []
    private var startedAt: UInt64 = 0
    private var told = 0
    private var interval: UInt64 = 0
    private var waitsForRequests = true

    /// Milliseconds per connection, if the spread allows that much.
    private static let pace: UInt64 = 10
    /// Milliseconds for what has been accepted and not asked yet: its request may be on the way, and nobody else will
    /// answer it. Those that only keep a socket open are not waited for any longer.
    private static let patience: UInt64 = 1_000

    init(_ options: RelayOptions, stop: @escaping @Sendable () -> Void) {
        timeout = Self.milliseconds(options.drainTimeout)
        spread = Self.milliseconds(options.drainSpread)
        self.stop = stop
    }

    private static func milliseconds(_ time: Duration) -> UInt64 {
        let (seconds, attoseconds) = time.components
        return UInt64(clamping: seconds) &* 1000 &+ UInt64(clamping: attoseconds / 1_000_000_000_000_000)
    }

    mutating func begin(_ connections: [ConnectionID], at ticks: UInt64) {
        isUnderWay = true
        left = connections
        startedAt = ticks
        interval = min(min(spread, timeout), UInt64(left.count) * Self.pace)
    }

    /// Tells those whose turn it is; true when it is over.
    mutating func advance(on loop: EventLoop) -> Bool {
        let elapsed = loop.ticks &- startedAt
        if waitsForRequests, elapsed >= Self.patience {
            waitsForRequests = false
            loop.dropUnopened()
        }
        let due = interval == 0 ? left.count : Int(min(UInt64(left.count), UInt64(left.count) * elapsed / interval))
        while told < due {
            loop.close(left[told], .serviceRestart, Self.farewell(told))
            told += 1
        }
        return (told == left.count && loop.connectionCount == 0) || elapsed >= timeout
    }

    /// Who comes while we are leaving.
    func turnAway(_ connection: ConnectionID, on loop: EventLoop) {
        loop.close(connection, .serviceRestart, Self.farewell(Int(connection.index)))
    }

    /// With the seconds after which to come back, different ones for neighbours.
    private static func farewell(_ number: Int) -> String { "restarting; retry-after=\(1 + number % 3)" }
}
