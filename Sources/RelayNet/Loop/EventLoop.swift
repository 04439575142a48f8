import CLinux
import Glibc
import RelayThreads

/// Everything one network thread owns: sockets, connections, timers, output.
///
/// Belongs to one actor, which enters it twice per turn: `poll` takes in what happened and calls the handler, `flush`
/// tells it of closed connections and sends. In between the executor runs jobs from other threads. Not `Sendable`:
/// the compiler keeps it with its owner.
@safe
package final class EventLoop {
    package let executor: LoopExecutor
    package let limits: NetLimits
    let timing: Timing

    var poller: Poller
    let table: ConnectionTable
    let arena = Arena()
    var tally = NetCounters()

    /// Monotonic nanoseconds, read once per turn.
    var now: UInt64
    /// When the loop last looked at its sockets.
    private var turnBegan: UInt64
    private var longestGap: UInt64 = 0

    let readBuffer: UnsafeMutableRawPointer
    static let readBytes = 256 * 1024
    /// Output encoded in one turn after which further input waits for the next one.
    private static let turnBytes = 4 << 20

    let ranges: UnsafeMutablePointer<MessageRange>
    static let maxRanges = 1024
    var rangeCount = 0

    // Connections with output to flush; each at most once, so the table's capacity is the bound.
    let dirty: UnsafeMutablePointer<ConnectionIndex>
    var dirtyCount = 0
    var lastFlush: UInt64 = 0
    var bytesSinceFlush = 0
    var framesSinceFlush = 0
    var lastOutput: UInt64 = 0
    /// Nanoseconds between turns that make output, on average.
    var outputGap: UInt64 = 0
    /// Of 256 connections that are flushed, how many had been shortly before, on average.
    var returning = 0

    /// Connections whose handler must still hear `closed`.
    var ending: [(connection: ConnectionID, closure: Closure)] = []
    /// Slots whose connection is gone, given back when the turn ends and no pointer is held.
    var vacated: [ConnectionIndex] = []
    /// Connections to look at without waiting for their sockets.
    var revisits: [ConnectionID] = []

    var deadlines: TimerWheel
    private var timers: TimerWheel
    private var due: [UInt64] = []

    var listeners: [OpenListener] = []
    var gate: AcceptGate
    var clients = ClientCounts()
    private var signals: Signals?
    /// The loop that answers those who ask for something else than a WebSocket; nil answers them here.
    package var plainRequests: LoopExecutor?
    /// Connections beyond so many are turned away; at most as many as the table has places.
    package var maxConnections: Int
    /// permessage-deflate for those who ask; nil refuses it.
    package var compression: DeflateOptions?
    /// Which pages may open a WebSocket.
    package var originPolicy = OriginPolicy.any
    /// Whose word about a client's address is believed.
    package var proxies = TrustedProxies()
    /// What is agreed on with clients that offer it.
    package var subprotocol: String?
    let codec = SharedCodec()
    let vector: UnsafeMutablePointer<iovec>
    /// Given up when there is no other descriptor; -1 before the first listener.
    var spareDescriptor: Int32 = -1

    package init(executor: LoopExecutor, limits: NetLimits = NetLimits()) throws(SystemError) {
        Handshake.prepare()
        precondition(limits.maxUnreadBytes <= Self.readBytes, "what may stay unread fits the read buffer")
        precondition((0...255).contains(limits.maxMissedPings), "missed pings are counted in a byte")
        precondition(limits.drainedMark < limits.laggingMark && limits.laggingMark < limits.maxPendingBytes)
        self.executor = executor
        self.limits = limits
        maxConnections = limits.maxConnections
        timing = Timing(limits)
        poller = try Poller()
        table = try ConnectionTable(capacity: limits.maxConnections)
        now = clinux_monotonic()
        turnBegan = now
        deadlines = TimerWheel(now: now / 1_000_000)
        timers = TimerWheel(now: now / 1_000_000)
        gate = AcceptGate(perSecond: limits.maxAcceptsPerSecond, now: now)
        unsafe readBuffer = .allocate(byteCount: Self.readBytes, alignment: 4096)
        unsafe ranges = .allocate(capacity: Self.maxRanges)
        unsafe dirty = .allocate(capacity: limits.maxConnections)
        unsafe vector = .allocate(capacity: RangeList.maxCount + 2)
        try poller.watch(executor.wakeDescriptor, for: [.read, .edge], token: Token.wake)
    }

    deinit {
        for index in 0..<table.made {
            guard let slot = unsafe table.slot(ConnectionIndex(index)) else { continue }
            if unsafe slot.pointee.descriptor >= 0 { unsafe clinux_close(slot.pointee.descriptor) }
        }
        unsafe readBuffer.deallocate()
        unsafe ranges.deallocate()
        unsafe dirty.deallocate()
        unsafe vector.deallocate()
        if spareDescriptor >= 0 { clinux_close(spareDescriptor) }
    }

    /// Event tokens that are no connection: their low half is above every index.
    enum Token {
        static let wake: UInt64 = 0xFFFF_FFFF
        static let signals: UInt64 = 0xFFFF_FFFE
        static let firstListener: UInt64 = 0xFFFF_FF00
    }

    /// The limits that are durations, in milliseconds.
    struct Timing {
        let stall, handshake, ping, close, linger: UInt64
        let idle: UInt64?
        let flush: UInt64

        init(_ limits: NetLimits) {
            stall = limits.stallTimeout.ticks
            handshake = limits.handshakeTimeout.ticks
            ping = limits.pingInterval.ticks
            close = limits.closeTimeout.ticks
            linger = limits.lingerTimeout.ticks
            idle = limits.idleTimeout?.ticks
            flush = UInt64(max(0, limits.flushInterval.nanoseconds))
        }
    }

    // MARK: What the owner asks

    package var counters: NetCounters { tally }
    /// Milliseconds of the monotonic clock, as of this turn.
    package var ticks: UInt64 { now / 1_000_000 }
    /// Nanoseconds of the monotonic clock, as of this turn.
    package var instant: UInt64 { now }
    package var connectionCount: Int { table.count }

    /// The longest time for which the loop did not look at its sockets, since the last call.
    package func takeLongestGap() -> Duration {
        defer { longestGap = 0 }
        return .nanoseconds(Int64(clamping: longestGap))
    }

    package func setTimer(_ token: UInt64, after delay: Duration) -> TimerID {
        timers.set(token, at: now / 1_000_000 + max(1, delay.ticks))
    }

    @discardableResult
    package func cancelTimer(_ timer: TimerID) -> Bool { timers.cancel(timer) }

    /// Delivers the signals to the handler.
    package func watch(_ signals: Signals) throws(SystemError) {
        try poller.watch(signals.descriptor, for: .read, token: Token.signals)
        self.signals = signals
    }

    // MARK: The two halves of a turn

    /// Waits until something happens or is due, and takes it in.
    package func poll<Handler: WireHandler & ~Copyable>(_ handler: inout Handler) {
        if !poller.hasEvents {
            noteGap()
            poller.wait(atMost: timeToSleep())
            now = clinux_monotonic()
            turnBegan = now
        } else {
            now = clinux_monotonic()
        }
        tally.turns &+= 1
        runTimers(&handler)
        revisit(&handler)
        while arena.bytesThisTurn < Self.turnBytes, let (token, happened) = poller.next() {
            if token & 0xFFFF_FF00 == Token.firstListener & 0xFFFF_FF00 {
                handle(token, &handler)
            } else {
                handle(ConnectionID(token: token), happened, &handler)
            }
        }
    }

    /// Tells the handler who has gone, and sends what is due.
    package func flush<Handler: WireHandler & ~Copyable>(_ handler: inout Handler) {
        // A place is free for others only once the handler knows that its last user has gone.
        let told = vacated.count
        reportEndings(&handler)
        noteOutput()
        if dirtyCount > 0, isFlushDue { flushDirty() }
        arena.settle()
        if told > 0 {
            for index in vacated[..<told] { table.giveBack(index) }
            vacated.removeFirst(told)
        }
    }

    private func noteGap() {
        let gap = clinux_monotonic() &- turnBegan
        if gap > longestGap { longestGap = gap }
    }

    private func timeToSleep() -> Int64 {
        if executor.hasJobs || !ending.isEmpty || !revisits.isEmpty || !vacated.isEmpty { return 0 }
        var sleep = Int64.max
        if dirtyCount > 0 { sleep = remaining(until: flushDueAt) }
        if let next = deadlines.nextDeadline { sleep = min(sleep, remaining(until: next * 1_000_000)) }
        if let next = timers.nextDeadline { sleep = min(sleep, remaining(until: next * 1_000_000)) }
        if let reopens = gate.reopensAt { sleep = min(sleep, remaining(until: reopens)) }
        return sleep == .max ? -1 : sleep
    }

    private func remaining(until instant: UInt64) -> Int64 {
        instant > now ? Int64(clamping: instant - now) : 0
    }

    private func runTimers<Handler: WireHandler & ~Copyable>(_ handler: inout Handler) {
        let tick = now / 1_000_000
        if deadlines.now < tick {
            deadlines.advance(to: tick, into: &due)
            for token in due { connectionIsDue(ConnectionID(token: token), &handler) }
            due.removeAll(keepingCapacity: true)
        }
        if timers.now < tick {
            timers.advance(to: tick, into: &due)
            for token in due { handler.timer(token, on: self) }
            due.removeAll(keepingCapacity: true)
        }
        if let reopens = gate.reopensAt, now >= reopens { resumeAccepting() }
    }

    private func revisit<Handler: WireHandler & ~Copyable>(_ handler: inout Handler) {
        guard !revisits.isEmpty else { return }
        let waiting = revisits
        revisits.removeAll(keepingCapacity: true)
        for connection in waiting {
            guard let slot = unsafe table.find(connection) else { continue }
            unsafe slot.pointee.flags.remove(.revisited)
            unsafe lookAgain(slot, connection, &handler)
        }
    }

    private func handle<Handler: WireHandler & ~Copyable>(_ token: UInt64, _ handler: inout Handler) {
        switch token {
        // Each wake is an edge, so nobody needs to read how many there were.
        case Token.wake: takeArrivals(&handler)
        case Token.signals:
            while let number = signals?.next() { handler.signal(number, on: self) }
        default: accept(Int(token - Token.firstListener), &handler)
        }
    }

    private func reportEndings<Handler: WireHandler & ~Copyable>(_ handler: inout Handler) {
        guard !ending.isEmpty else { return }
        // A handler may close others while it hears of one; those are told in the next turn, which comes at once.
        let told = ending
        ending.removeAll(keepingCapacity: true)
        for (connection, closure) in told {
            tally.closed &+= 1
            handler.closed(connection, closure, on: self)
        }
    }
}
