import RelayAuth
import RelayNet
import RelayProtocol
import RelayStorage
import RelayThreads

/// Between the wires and the hub: hands a batch of messages in, and does what the hub wants done.
struct RelayWire: WireHandler, ~Copyable {
    var hub: Hub
    private var output: HubOutput
    private var log: WireLog

    /// By index; the generation tells a connection from the one that had its place before.
    private var connections: [ConnectionID] = []
    private var random = SystemRandomNumberGenerator()
    private var skipped: [ConnectionIndex] = []

    /// Wall clock minus the loop's clock, in microseconds, as of the last turn.
    private var clockOffset: UInt64
    /// What may still be queued in this turn for those who are being told all at once.
    private var bulkCredit = 0
    private var tickAt: UInt64 = .max

    let store: DurableState?
    private(set) var shutdown: Shutdown
    private let feed: TokenFeed?
    private let tokenOf: @Sendable (RequestHead) -> String?
    private let surroundings: RelaySurroundings
    private var sent = MessageCounters()
    private var fanOut = Histogram()
    private var loopGap = Histogram()
    private var longestGap = Duration.zero
    private var replays = Replays()
    private var isSecondSet = false
    private var isHandOverSet = false
    private var confirmed = Acknowledgements()
    private var committed = Acknowledgements()

    /// Output that is carried out before more input is looked at.
    private static let outputBytes = 256 << 10
    /// Microseconds after which what is due, and not done, counts as stalled.
    private static let patience: UInt64 = 5_000_000
    /// Snapshot bytes of one turn, of all sessions together.
    private static let bulkBytes = 512 << 10

    enum Timer {
        static let tick: UInt64 = 1
        static let shutdown: UInt64 = 2
        /// So that a checkpoint is written when nothing happens, too, and somebody knows that the loop is alive.
        static let second: UInt64 = 3
        /// So that no record stays here for longer than is agreed on.
        static let handOver: UInt64 = 4
    }

    init(
        _ hub: consuming Hub, _ store: DurableState?, shutdown: Shutdown, feed: TokenFeed?,
        tokenOf: @escaping @Sendable (RequestHead) -> String?, _ surroundings: RelaySurroundings, log: WireLog
    ) {
        self.hub = hub
        self.store = store
        self.shutdown = shutdown
        self.feed = feed
        self.tokenOf = tokenOf
        self.surroundings = surroundings
        self.log = log
        output = HubOutput(journal: store?.makeBatch() ?? JournalBatch(after: 0))
        clockOffset = UInt64(clamping: WallClock.now)
    }

    // MARK: A turn

    mutating func beginTurn() { bulkCredit = Self.bulkBytes }

    /// Hands the records of the turn over and says what has become safe.
    mutating func endTurn(on loop: EventLoop) {
        if let store {
            let due = store.endTurn(&output.journal, at: moment(loop)) { hub.contents(at: $0) }
            if let due, !isHandOverSet {
                isHandOverSet = true
                setTimer(Timer.handOver, at: due, on: loop)
            }
            hub.isReadOnly = store.isReadOnly
            hub.historyEpoch = store.epoch
            if !replays.isEmpty { advanceReplays(store, on: loop) }
            confirmed.release(upTo: store.confirmed, on: loop)
            committed.release(upTo: store.committed, on: loop)
        }
        clockOffset = UInt64(clamping: WallClock.now) &- UInt64(clamping: MonotonicClock.now) / 1000
        noteGap(of: loop)
        learn(on: loop)
        if !isSecondSet {
            isSecondSet = true
            _ = loop.setTimer(Timer.second, after: .seconds(1))
        }
        if let due = hub.nextDue, due < tickAt {
            tickAt = due
            setTimer(Timer.tick, at: due, on: loop)
        }
    }

    private func setTimer(_ timer: UInt64, at uptime: UInt64, on loop: EventLoop) {
        let now = loop.instant / 1000
        _ = loop.setTimer(timer, after: .microseconds(Int64(clamping: uptime > now ? uptime - now : 0)))
    }

    private mutating func noteGap(of loop: EventLoop) {
        let gap = loop.takeLongestGap()
        longestGap = max(longestGap, gap)
        let (seconds, attoseconds) = gap.components
        loopGap.record(UInt64(clamping: seconds) &* 1_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000_000))
    }

    /// News about tokens counts before the next HELLO does.
    private mutating func learn(on loop: EventLoop) {
        guard let changes = feed?.take(), !changes.isEmpty else { return }
        hub.learn(changes, at: moment(loop), into: &output)
        carryOut(on: loop)
    }

    /// What the relay knows of itself.
    func fill(_ status: inout RelayStatus, on loop: EventLoop) {
        status.phase = shutdown.isUnderWay ? .draining : .serving
        status.isOpen = hub.isOpen
        status.sessions = hub.sessionCount
        for connection in connections where loop.isOpen(connection) {
            status.connections += 1
            status.queuedBytes += loop.pendingBytes(of: connection)
            if loop.isLagging(connection) { status.lagging += 1 }
        }
        status.params = hub.paramCount
        status.subscriptions = hub.subscriptionCount
        status.definitions = hub.definitionCount
        status.received = hub.counters.messages
        status.sent = sent
        status.undecodable = hub.counters.undecodable
        status.errors = hub.counters.errors
        status.limits = hub.counters.limits
        status.conflated = hub.counters.conflated
        status.expired = hub.counters.expired
        status.fanOut = fanOut
        status.net = loop.counters
        status.limits.take(from: loop.counters)
        status.loopGap = loopGap
        status.longestGap = longestGap
        let now = moment(loop)
        status.storage = store?.status(submitted: output.journal.sequence, at: now)
        status.jobs = store?.jobs(at: now) ?? []
        let isOverdue = hub.nextDue.map { $0 + Self.patience < now.uptime } ?? false
        status.jobs.append(JobStatus("expiry", isStalled: isOverdue))
    }

    private func moment(_ loop: EventLoop) -> Moment {
        let uptime = loop.instant / 1000
        return Moment(unix: clockOffset &+ uptime, uptime: uptime)
    }

    // MARK: What the loop tells

    mutating func opened(_ connection: ConnectionID, _ upgrade: Upgrade, on loop: EventLoop) {
        let place = Int(connection.index)
        while connections.count <= place { connections.append(ConnectionID(index: 0, generation: 0)) }
        connections[place] = connection
        let id = SessionID(using: &random)
        log.opened(id, upgrade)
        hub.opened(connection.index, id: id, offering: tokenOf(upgrade.head).map { Array($0.utf8) }, at: moment(loop))
        if shutdown.isUnderWay { shutdown.turnAway(connection, on: loop) }
    }

    mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop) {
        learn(on: loop)
        let now = moment(loop)
        let saysOperations = log.saysOperations
        for index in 0..<messages.count where messages.kind(at: index) == .binary {
            if saysOperations { log.received(messages[index], from: hub.id(of: connection.index)) }
            hub.receive(messages[index], from: connection.index, at: now, into: &output)
            if output.byteCount > Self.outputBytes { carryOut(on: loop) }
        }
        carryOut(on: loop)
    }

    mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop) {
        log.closed(hub.id(of: connection.index), hub.subject(of: connection.index), closure)
        if let store, !replays.isEmpty { replays.drop(connection, in: store) }
        hub.closed(connection.index, at: moment(loop), into: &output)
        carryOut(on: loop)
    }

    mutating func drained(_ connection: ConnectionID, on loop: EventLoop) {
        // Many who come at once take turns.
        guard bulkCredit > 0 else { return loop.tellWhenDrained(connection) }
        if let store, !replays.isEmpty { replays.resume(connection, in: store) }
        hub.drained(connection.index, at: moment(loop), into: &output)
        bulkCredit -= output.byteCount + 1
        carryOut(on: loop)
    }

    mutating func timer(_ token: UInt64, on loop: EventLoop) {
        switch token {
        case Timer.tick:
            tickAt = .max
            hub.tick(at: moment(loop), into: &output)
            carryOut(on: loop)
        case Timer.shutdown: advanceShutdown(on: loop)
        case Timer.handOver: isHandOverSet = false
        default:
            isSecondSet = false
            surroundings.beat()
            sayWhatWasMet(on: loop)
            store?.sayCheckpoints()
        }
    }

    private mutating func sayWhatWasMet(on loop: EventLoop) {
        var limits = hub.counters.limits
        limits.take(from: loop.counters)
        log.met(limits, by: hub.counters.lastToMeet.compactMapValues { hub.id(of: $0) })
        log.turnedAway(loop.counters)
    }

    // MARK: Other terms

    mutating func use(_ terms: RelayTerms, on loop: EventLoop) {
        hub.use(terms.limits)
        if let policy = terms.policy { hub.use(policy) }
        loop.originPolicy = terms.originPolicy
        loop.maxConnections = terms.maxConnections
    }

    // MARK: Leaving

    mutating func signal(_ number: Int32, on loop: EventLoop) {
        if number == Signals.hangUp { return surroundings.reload() }
        shutDown(on: loop)
    }

    mutating func shutDown(on loop: EventLoop) {
        guard !shutdown.isUnderWay else { return end(on: loop) }
        log.leaving(loop.connectionCount)
        sayWhatWasMet(on: loop)
        loop.closeListeners()
        surroundings.leaving()
        store?.checkpoint(&output.journal, hub.contents(at: moment(loop)))
        shutdown.begin(connections.filter { loop.isOpen($0) }, at: loop.ticks)
        advanceShutdown(on: loop)
    }

    private mutating func advanceShutdown(on loop: EventLoop) {
        if shutdown.advance(on: loop) { return end(on: loop) }
        _ = loop.setTimer(Timer.shutdown, after: .milliseconds(10))
    }

    private mutating func end(on loop: EventLoop) {
        store?.close(&output.journal, hub.contents(at: moment(loop)))
        log.gone()
        shutdown.stop()
    }

    // MARK: What the hub wants

    private mutating func carryOut(on loop: EventLoop) {
        var refused: [ReplayRequest] = []
        let saysOperations = log.saysOperations
        for action in output.actions {
            switch action {
            case .deliver(let delivery):
                note(delivery, isSaid: saysOperations)
                Self.deliver(delivery, of: output, &hub, &skipped, on: loop)
            case .close(let session, let code, let reason):
                loop.close(connections[Int(session)], CloseCode(rawValue: code), output.reasons[reason])
            case .replay(let request):
                if !begin(output.requests[request]) { refused.append(output.requests[request]) }
            case .awaitRoom(let session): loop.tellWhenDrained(connections[Int(session)])
            }
        }
        if !output.acknowledgements.isEmpty { keepAcknowledgements(on: loop) }
        output.removeAll()
        guard !refused.isEmpty else { return }
        for request in refused {
            hub.cannotReplay(request, keepsJournal: store?.keepsJournal == true, into: &output)
        }
        carryOut(on: loop)
    }

    /// A CLASP frame names its type behind the header.
    private mutating func note(_ delivery: HubOutput.Delivery, isSaid: Bool) {
        let code = output.frame(delivery.frame).byte(at: ClaspFrame.shortHeaderBytes)
        let count = UInt64(delivery.targets.count)
        if let type = MessageType(rawValue: code) { sent.count(type, count) }
        fanOut.record(count)
        guard isSaid || code == MessageType.error.rawValue, let first = delivery.targets.range.first else { return }
        log.sent(output.frame(delivery.frame), to: hub.id(of: output.allTargets[first]), of: Int(count))
    }

    private static func deliver(
        _ delivery: HubOutput.Delivery, of output: borrowing HubOutput, _ hub: inout Hub,
        _ skipped: inout [ConnectionIndex], on loop: EventLoop
    ) {
        let range = loop.frame(.binary, output.frame(delivery.frame))
        let targets = output.allTargets.extracting(delivery.targets.range)
        if case .every = delivery.kind { return loop.deliver(range, to: targets) }
        loop.deliver(range, to: targets, conflatable: true, skipped: &skipped)
        guard !skipped.isEmpty else { return }
        hub.missed(delivery, by: skipped, output)
        skipped.removeAll(keepingCapacity: true)
    }

    // MARK: The past

    private mutating func begin(_ request: ReplayRequest) -> Bool {
        guard let store, store.keepsJournal else { return false }
        return replays.begin(
            request, of: connections[Int(request.session)], in: store, through: output.journal.sequence)
    }

    private mutating func advanceReplays(_ store: DurableState, on loop: EventLoop) {
        var replays = self.replays
        self.replays = Replays()
        replays.advance(store, isAwaited: { hub.isAwaited($0) }) { slice, request, connection in
            hub.replayed(slice, for: &request, at: moment(loop), into: &output)
            carryOut(on: loop)
            let hasRoom = loop.pendingBytes(of: connection) < Self.outputBytes / 2
            if !hasRoom { loop.tellWhenDrained(connection) }
            return hasRoom
        }
        self.replays = replays
    }

    private mutating func keepAcknowledgements(on loop: EventLoop) {
        guard let store else {
            for next in output.acknowledgements {
                loop.send(.binary, output.frame(next.frame), to: connections[Int(next.session)])
            }
            return
        }
        // Without a journal nothing can be promised, so nothing is.
        guard store.keepsJournal else { return }
        var rest = output.acknowledgements[...]
        while let first = rest.first {
            let alike = rest.prefix { $0.session == first.session && $0.isCommit == first.isCommit }
            rest = rest.dropFirst(alike.count)
            let connection = connections[Int(first.session)]
            if first.isCommit {
                committed.add(alike, of: output, to: connection)
            } else {
                confirmed.add(alike, of: output, to: connection)
            }
        }
    }
}
