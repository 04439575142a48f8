import RelayAuth
import RelayProtocol

/// The relay without its sockets: who is there, what is stored, who listens, and what follows from a message.
///
/// A value that changes only through the calls below. It does no I/O, reads no clock and asks nobody: what it wants done
/// it writes into an output, in the order in which it is to happen. So one and the same hub serves a thousand sockets,
/// or a simulation on a clock turned by hand.
///
/// The path of a message: `receive` → a file per kind of message (`Hub+Set`, `Hub+Publish`, …) → `Hub+Audience`, who
/// gets it → `HubOutput`.
package struct Hub: ~Copyable, Sendable {
    var limits: HubLimits
    var policy: Policy
    /// What WELCOME calls this server.
    let name: [UInt8]
    /// Nil in open mode.
    private(set) var doorkeeper: (any Doorkeeper)?

    /// When the call in progress happens.
    var now = Moment(unix: 0, uptime: 0)
    /// The storage takes nothing; SETs are refused, everything else goes on.
    package var isReadOnly = false
    /// The history that positions count in; nil when none is kept.
    package var historyEpoch: UInt64?
    package internal(set) var counters = HubCounters()

    // What is stored
    var addresses: AddressBook
    var params = ParamStore()
    var writers = WriterTable()
    var creators = CreatorTable()
    /// Whose presence a param is: it goes with the last of these sessions.
    var holders: [AddressID: [SessionIndex]] = [:]
    var definitions = DefinitionTable()
    var recent: RecentSignals

    // Who listens
    var patterns: PatternIndex
    var matches: MatchCache
    var paced = PacedDeliveries()
    var gestures = GestureTable()

    // Who is there
    var sessions: [Session] = []
    var sessionsByID: [SessionID: SessionIndex] = [:]
    var tokenSessions = TokenSessions()
    /// Those that missed something, and of them those that get it at this moment.
    var missing: [SessionIndex] = []
    var catchingUp: [SessionIndex] = []

    var deadlines = DeadlineQueue<Due>()
    var bundles = PendingBundles()
    /// When the queue of deadlines looks at them next, in microseconds of uptime.
    var nextBundle: UInt64 = 0

    package init(
        limits: HubLimits = HubLimits(), policy: Policy = .none, name: String = "CLASP Relay",
        doorkeeper: (any Doorkeeper)? = nil, seed: UInt64
    ) {
        self.limits = limits
        self.policy = policy
        self.name = Array(name.utf8)
        self.doorkeeper = doorkeeper
        addresses = AddressBook(policy: policy, maxIdle: limits.maxIdleAddresses, seed: seed)
        patterns = PatternIndex(seed: seed ^ 0x5DEE_CE66)
        matches = MatchCache(maxPlaces: limits.maxMatches, maxListeners: limits.maxCachedListeners)
        recent = RecentSignals(limits)
    }

    package var isOpen: Bool { doorkeeper == nil }

    mutating func verdict(on token: RawSpan, of session: SessionIndex) -> HelloVerdict? {
        let offered = sessions[Int(session)].offered
        sessions[Int(session)].offered = nil
        guard let offered, token.byteCount == 0 else { return verdict(on: token) }
        return verdict(on: offered.rawSpan)
    }

    private mutating func verdict(on token: RawSpan) -> HelloVerdict? {
        guard var judge = doorkeeper else { return nil }
        defer { doorkeeper = judge }
        return judge.verdict(on: token, at: now)
    }

    mutating func learned(_ changes: [TokenChange]) -> [TokenEffect] {
        doorkeeper?.learn(changes) ?? []
    }

    // MARK: Connections

    /// Somebody has connected, and is to say HELLO soon. `offering` is what counts if that has no token.
    package mutating func opened(
        _ session: SessionIndex, id: SessionID, offering token: [UInt8]? = nil, at now: Moment
    ) {
        self.now = now
        let place = Int(session)
        while sessions.count <= place { sessions.append(Session()) }
        let generation = sessions[place].generation &+ 1
        sessions[place] = Session()
        sessions[place].generation = generation
        sessions[place].phase = .greeting
        sessions[place].id = id
        sessions[place].offered = token
        deadlines.add(.greeting(session, generation: generation), at: now.uptime + limits.helloTimeout)
    }

    /// The connection is gone. What hung on it goes with it: subscriptions, locks, presence, gestures, bundles.
    package mutating func closed(_ session: SessionIndex, at now: Moment, into output: inout HubOutput) {
        self.now = now
        guard sessions.indices.contains(Int(session)), sessions[Int(session)].phase != .vacant else { return }
        let gone = sessions[Int(session)]
        sessions[Int(session)].phase = .vacant
        if let id = gone.id { sessionsByID[id] = nil }
        tokenSessions.remove(session, gone.token, gone.isBound ? gone.access?.subject : nil)
        for subscription in gone.subscriptions { remove(subscription, of: session) }
        for id in gone.locks where params[id]?.lockHolder == Int32(truncatingIfNeeded: session) { params.unlock(id) }
        for id in gone.presence { releasePresence(id, of: session, into: &output) }
        dropGestures(of: session)
        bundles.drop(session: session)
        dropPaced(of: session)
        if gone.missed != nil { forgetMissed(of: session) }
        if gone.writer != WriterTable.nobody { writers.release(gone.writer) }
        let generation = gone.generation
        sessions[Int(session)] = Session()
        sessions[Int(session)].generation = generation
        forgetIdleAddresses()
    }

    /// What a session is called, and whom it speaks for.
    package func id(of session: SessionIndex) -> SessionID? {
        sessions.indices.contains(Int(session)) ? sessions[Int(session)].id : nil
    }

    package func subject(of session: SessionIndex) -> Subject? {
        sessions.indices.contains(Int(session)) ? sessions[Int(session)].access?.subject : nil
    }

    /// How many have said HELLO and are still there.
    package var sessionCount: Int { sessionsByID.count }
    package var subscriptionCount: Int { patterns.count }
    package var paramCount: Int { params.count }
    package var addressCount: Int { addresses.count }
    package var definitionCount: Int { definitions.count }
    package var valueBytes: Int { params.valueBytes }

    // MARK: Messages

    /// Takes in one data message of a connection: a CLASP frame.
    @inline(__always)
    package mutating func receive(
        _ bytes: RawSpan, from session: SessionIndex, at now: Moment, into output: inout HubOutput
    ) {
        self.now = now
        guard Int(session) < sessions.count else { return }
        let phase = sessions[Int(session)].phase
        guard phase == .live || phase == .greeting else { return }
        do throws(WireError) {
            let frame = try ClaspFrame(reading: bytes)
            let payload = bytes.bytes(frame.payload)
            if phase == .live, !pays(for: payload, session, into: &output) { return }
            // Nearly all messages are of this kind, so it does not go through the enum that holds every kind.
            if phase == .live, let message = try MessageDecoder.set(payload) {
                counters.count(.set)
                let sender = Sender(
                    session: session, qualityOfService: frame.qualityOfService, timestamp: frame.timestamp)
                set(message, in: payload, from: sender, into: &output)
                if addresses.hasTooManyIdle { forgetIdleAddresses() }
            } else if MessageDecoder.isLegacy(payload) {
                let legacy = try LegacyTranscoder(payload)
                let sender = Sender(session: session, qualityOfService: .fire, timestamp: frame.timestamp)
                receive(try legacy.message(), in: legacy.payload.rawSpan, from: sender, into: &output)
            } else {
                let sender = Sender(
                    session: session, qualityOfService: frame.qualityOfService, timestamp: frame.timestamp)
                receive(try MessageDecoder.decode(payload), in: payload, from: sender, into: &output)
            }
        } catch {
            counters.undecodable &+= 1
            if phase == .greeting { leave(session, 1002, "HELLO expected: \(error.sentence)", into: &output) }
        }
    }

    /// Who sent a message, and how much he cares. Legacy messages never get an ACK, whatever their frame says.
    struct Sender {
        let session: SessionIndex
        let qualityOfService: QualityOfService
        let timestamp: UInt64?

        var wantsAcknowledgement: Bool { qualityOfService != .fire }
    }

    private mutating func receive(
        _ message: Message, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        counters.count(message.type)
        guard sessions[Int(sender.session)].phase == .live else {
            return greet(message, in: payload, sender.session, into: &output)
        }
        switch message {
        case .set(let message): set(message, in: payload, from: sender, into: &output)
        case .publish(let message): publish(message, in: payload, from: sender, into: &output)
        case .get(let address): get(payload.bytes(address), from: sender.session, into: &output)
        case .subscribe(let message): subscribe(message, in: payload, from: sender, into: &output)
        case .unsubscribe(let id): unsubscribe(id, from: sender.session)
        case .bundle(let message): bundle(message, in: payload, from: sender, into: &output)
        case .sync(let message): synchronise(message, sender.session, into: &output)
        case .ping: answer(.pong, to: sender.session, into: &output)
        case .query(let pattern): query(payload.bytes(pattern), from: sender.session, into: &output)
        case .announce(let message): announce(message, in: payload, from: sender, into: &output)
        case .replay(let message): replay(message, in: payload, from: sender, into: &output)
        case .federationSync:
            refuse(Refusal(403, "this relay has no federation"), at: nil, sender.session, into: &output)
        case .hello:
            refuse(Refusal(101, "HELLO was said already"), at: nil, sender.session, into: &output)
        case .welcome, .snapshot, .pong, .ack, .error, .result: return
        }
        forgetIdleAddresses()
    }

    /// An address nobody has written to for long makes room for others.
    mutating func forgetIdleAddresses() {
        while let id = addresses.nextToForget(isKept: { params[$0] != nil }) {
            matches.drop(id)
            addresses.forget(id)
        }
    }
}
