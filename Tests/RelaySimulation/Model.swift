import Relay
import RelayJSON
import RelayProtocol

/// The relay once more, from the description of its behaviour and as plainly as it can be written: dictionaries by
/// address, every listener looked for by asking all of them. It says what each client must hear.
struct Model {
    enum Life: Equatable {
        case standard
        case never
        case sliding(UInt64)
        case absolute(UInt64)
    }

    struct Param {
        var value: JSONValue = .null
        /// As others see it.
        var shown: [UInt8] = []
        var revision: UInt64 = 0
        var writer = ""
        var timestamp: UInt64 = 0
        var life = Life.standard
        /// Uptime at which it ends.
        var ends: UInt64?
        var lockedBy: Int?
        var writtenAt: UInt64 = 0
    }

    struct Subscription {
        let pattern: String
        let types: SignalSet
    }

    struct Client {
        var name = ""
        var isOpen = false
        var isGreeted = false
        var person: Rights.Person?
        var subscriptions: [UInt32: Subscription] = [:]
        /// Uptime at which its patience with HELLO ends.
        var greetBy: UInt64?
        var expected: [Expected] = []
    }

    struct Expected {
        let heard: Heard
        /// Not for those who lag: they get what is newest later.
        let isConflatable: Bool
    }

    struct Bundle {
        let client: Int
        let messages: [Inner]
        /// Uptime.
        let due: UInt64
        let wantsAcknowledgement: Bool
    }

    enum Inner {
        case set(Write)
        case publish(Signalled)
    }

    struct Write {
        var address = ""
        var value = JSONValue.null
        var revision: UInt64?
        var ttl: UInt32?
        var lock = false
        var unlock = false
    }

    struct Signalled {
        var address = ""
        var signal = Signal.event
        var phase = GesturePhase.start
        var value: JSONValue?
        var id: UInt32?
    }

    struct Gesture: Hashable {
        let client: Int
        let address: String
        let id: UInt32
    }

    struct Moves {
        let started: UInt64
        var newest: Signalled?
    }

    var now: Moment
    let maxParams: Int
    let standardLife: UInt64
    let maxSubscriptions: Int
    let gestureTimeout: UInt64
    var rights: Rights
    let isOpen: Bool

    var params: [String: Param] = [:]
    var clients: [Client] = []
    var holders: [String: Set<Int>] = [:]
    var bundles: [Bundle] = []
    var gestures: [Gesture: Moves] = [:]
    var movesAt: UInt64?
    var log = VersionLog()

    init(limits: HubLimits, config: JSONValue, isOpen: Bool, at now: Moment) {
        self.now = now
        self.isOpen = isOpen
        maxParams = limits.maxParams
        standardLife = UInt64(limits.paramTimeToLive)
        maxSubscriptions = limits.maxSubscriptions
        gestureTimeout = limits.gestureTimeout
        rights = Rights(config: config)
    }

    // MARK: Hearing

    mutating func expect(_ heard: Heard, _ client: Int, isConflatable: Bool = false) {
        guard clients[client].isOpen else { return }
        clients[client].expected.append(Expected(heard: heard, isConflatable: isConflatable))
    }

    func sees(_ client: Int, _ address: String) -> Bool {
        guard let person = clients[client].person else { return true }
        return rights.sees(person, address)
    }

    /// Whether a client gets what happens at an address.
    func hears(_ client: Int, _ address: String, _ signal: Signal) -> Bool {
        clients[client].isGreeted
            && clients[client].subscriptions.values.contains {
                $0.types.admits(signal) && Matching.matches($0.pattern, address)
            } && sees(client, address)
    }

    func shown(_ address: String, _ value: JSONValue) -> [UInt8] { Say.bytes(of: rights.oracle.shown(address, value)) }

    mutating func tell(
        _ heard: Heard, at address: String, _ signal: Signal, except sender: Int? = nil, isConflatable: Bool
    ) {
        for client in clients.indices where client != sender && hears(client, address, signal) {
            expect(heard, client, isConflatable: isConflatable)
        }
    }

    // MARK: Coming and going

    mutating func connect(_ client: Int, name: String) {
        while clients.count <= client { clients.append(Client()) }
        clients[client] = Client(name: name, isOpen: true, greetBy: now.uptime + 10_000_000)
    }

    /// `person`: nil in open mode; `isKnown`: whether the token is.
    mutating func hello(_ client: Int, _ person: Rights.Person?, isKnown: Bool) {
        guard clients[client].isOpen else { return }
        if clients[client].isGreeted { return refuse(101, nil, client) }
        guard isOpen || isKnown else {
            refuse(300, nil, client)
            expect(.closed(code: 1008, reason: ""), client)
            return close(client)
        }
        clients[client].isGreeted = true
        clients[client].greetBy = nil
        clients[client].person = person
        expect(.welcome(session: clients[client].name, time: now.unix), client)
        expect(.snapshot(items { sees(client, $0) }), client)
    }

    mutating func close(_ client: Int) {
        guard clients[client].isOpen else { return }
        clients[client].isOpen = false
        clients[client].isGreeted = false
        clients[client].subscriptions = [:]
        for address in params.keys where params[address]?.lockedBy == client { params[address]?.lockedBy = nil }
        bundles.removeAll { $0.client == client }
        for key in gestures.keys where key.client == client { gestures[key] = nil }
        for address in holders.keys.sorted() where holders[address]?.remove(client) != nil {
            guard holders[address]?.isEmpty == true else { continue }
            holders[address] = nil
            remove(address)
        }
    }

    func items(_ isWanted: (String) -> Bool) -> [Heard.SnapshotItem] {
        params.keys.filter(isWanted).sorted().compactMap { address in
            params[address].map { param in
                Heard.SnapshotItem(
                    address: address, value: param.shown, revision: param.revision, writer: param.writer,
                    timestamp: param.timestamp)
            }
        }
    }

    mutating func refuse(_ code: UInt16, _ address: String?, _ client: Int, _ word: String = "") {
        expect(.error(code: code, address: address, text: word), client)
    }

    // MARK: Asking

    mutating func get(_ address: String, _ client: Int) {
        if let person = clients[client].person, !rights.mayRead(person, address) { return refuse(301, address, client) }
        guard params[address] != nil, sees(client, address) else { return }
        expect(.snapshot(items { $0 == address }), client)
    }

    mutating func subscribe(_ id: UInt32, _ pattern: String, types: SignalSet, _ client: Int) {
        if clients[client].subscriptions.count >= maxSubscriptions, clients[client].subscriptions[id] == nil {
            return refuse(429, pattern, client)
        }
        guard Self.isPattern(pattern) else { return refuse(202, pattern, client) }
        if let person = clients[client].person, !rights.maySubscribe(person, pattern) {
            return refuse(301, pattern, client)
        }
        clients[client].subscriptions[id] = Subscription(pattern: pattern, types: types)
        let found = items { Matching.matches(pattern, $0) && sees(client, $0) }
        if !found.isEmpty { expect(.snapshot(found), client) }
    }

    mutating func unsubscribe(_ id: UInt32, _ client: Int) { clients[client].subscriptions[id] = nil }

    static func isPattern(_ text: String) -> Bool {
        guard text.hasPrefix("/"), text.utf8.count <= 1_024 else { return false }
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return !segments.dropLast().contains("")
    }

    static func isAddress(_ text: String) -> Bool { isPattern(text) && !text.contains("*") }
}

/// Every value that was ever written, and every signal, so that what a client hears can be held against it.
struct VersionLog {
    private struct Key: Hashable {
        let address: String
        let revision: UInt64
        let value: [UInt8]
    }

    private var numbers: [Key: [Int]] = [:]
    private(set) var newest: [String: Int] = [:]
    /// When a param there last ended: what was written before is of another life.
    private(set) var ended: [String: Int] = [:]
    private var count = 0

    /// Signals have no revision: zero.
    mutating func note(_ address: String, _ revision: UInt64, _ value: [UInt8]) {
        count += 1
        numbers[Key(address: address, revision: revision, value: value), default: []].append(count)
        newest[address] = count
    }

    /// The last time that this was so.
    func latest(_ address: String, _ revision: UInt64, _ value: [UInt8]) -> Int {
        numbers[Key(address: address, revision: revision, value: value)]?.last ?? 0
    }

    mutating func noteEnd(_ address: String) { ended[address] = count }

    /// The first time, not before `least`, that this was so.
    func number(_ address: String, _ revision: UInt64, _ value: [UInt8], notBefore least: Int) -> Int? {
        numbers[Key(address: address, revision: revision, value: value)]?.first { $0 >= least }
    }
}
