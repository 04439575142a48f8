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

    /// Milliseconds per connection, if the spread allows that much.
    private static let pace: UInt64 = 10

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
        let due = interval == 0 ? left.count : Int(min(UInt64(left.count), UInt64(left.count) * elapsed / interval))
        while told < due {
            loop.close(left[told], .serviceRestart, "restarting; retry-after=\(Self.hint(told))")
            told += 1
        }
        return (told == left.count && loop.connectionCount == 0) || elapsed >= timeout
    }

    /// Seconds after which to come back, different ones for neighbours.
    private static func hint(_ number: Int) -> String { "\(1 + number % 3)" }
}
