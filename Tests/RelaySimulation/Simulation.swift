import Relay
import RelayJSON
import RelayProtocol
import RelayTestKit

/// Random clients against a hub on a manual clock, step by step held against the model. One seed is one history.
package struct Simulation {
    package enum Kind: String, CaseIterable, Sendable {
        /// Open mode: what is kept, who hears it, in which order, and what those who lag get in the end.
        case open
        /// With tokens and an application's rules: who may do what, and see what.
        case rules
    }

    package struct Fault: Error, CustomStringConvertible {
        package let step: Int
        package let description: String
    }

    private let kit: HubKit
    private var model: Model
    private var world: World
    private var ears: [Ear] = []
    private var strictness = Ear.Strictness.total
    /// Streams that were missed may be forgotten when numbers are used again soon.
    private let checksSignals: Bool
    /// What happened, for whoever looks for the reason of a fault.
    private var told: [String] = []

    package init(_ kind: Kind, seed: UInt64, chat: [UInt8] = [], fault: FaultyWires.Fault? = nil) {
        let chat = try? JSONValue(parsing: chat)
        world = World(seed: seed, isOpen: kind == .open, chat: chat)
        var limits = HubLimits()
        limits.messageRate = 0
        limits.maxSubscriptions = 6
        limits.maxParams = world.chance(30) ? 25 : 0
        if kind == .open { limits.paramTimeToLive = world.pick([0, 0, 9]) }
        limits.snapshotSlice = Int32(world.pick([150, 1_000, 128 << 10]))
        limits.maxIdleAddresses = world.pick([5, 30, 65_536])
        limits.walkBudget = world.pick([3, 4_096])
        limits.maxMatches = 1_024
        limits.maxMissedStreams = 1_000
        limits.gestureTimeout = world.pick([50_000, 300_000_000])
        limits.maxCachedListeners = world.pick([20, 1 << 22])
        checksSignals = limits.maxIdleAddresses > 1_000
        let policy = (try? AppConfig(parsing: world.config.encoded()).policy) ?? .none
        let people = world.people.mapValues { ListedTokens.Grant(user: $0.user, scopes: $0.scopes) }
        kit = HubKit(
            Hub(
                limits: limits, policy: policy, doorkeeper: kind == .open ? nil : ListedTokens(people), seed: seed),
            seed: seed, faults: FaultyWires(fault))
        model = Model(limits: limits, config: world.config, isOpen: kind == .open, at: kit.now)
    }

    /// Throws the first difference.
    package mutating func run(steps: Int) throws(Fault) {
        for step in 0..<steps {
            if !world.isOpen {
                // What ends together may hide one from the other, and nobody knows which goes first: so nothing does.
                _ = wait(world.number(1...3))
                try check(step)
            }
            strictness = .total
            told.append(act())
            if told.count > 2 * Self.remembered { told.removeFirst(Self.remembered) }
            try check(step)
        }
        for client in ears.indices where kit.clients[client].isStalled {
            let done = resume(client)
            told.append(done)
            try check(steps)
        }
    }

    /// The last things that were done.
    package var lastActions: [String] { told }
    private static let remembered = 500

    private mutating func check(_ step: Int) throws(Fault) {
        for client in ears.indices {
            let heard = kit.take(client)
            let expected = model.clients[client].expected
            model.clients[client].expected = []
            if let fault = ears[client].check(heard, against: expected, strictness, of: client, in: model) {
                throw Fault(step: step, description: "client \(client) \(fault)")
            }
            // What is held back to come at a slower pace may fall due while it may not be seen, and is not sent later.
            if ears[client].isThinned { ears[client].sipped(of: client, in: model) }
        }
        guard kit.hub.paramCount == model.params.count else {
            throw Fault(step: step, description: "\(kit.hub.paramCount) params, not \(model.params.count)")
        }
        if let complaint { throw Fault(step: step, description: complaint) }
    }

    private var complaint: String?

    // MARK: One step

    private mutating func act() -> String {
        guard let client = greeted(), !world.chance(1) else { return arrive() }
        switch Int.random(in: 0..<100, using: &world.random) {
        case 0..<28: return set(client)
        case 28..<42: return publish(client)
        case 42..<50: return gesture(client)
        case 50..<58: return bundle(client)
        case 58..<66: return subscribe(client)
        case 66..<70: return unsubscribe(client)
        case 70..<76: return get(client)
        case 76..<80: return stall(client)
        case 80..<84: return sip(client)
        case 84..<88: return resume(client)
        case 88..<89: return leave(client)
        case 89..<90: return quiet()
        case 90..<91: return setClock()
        case 91..<92: return chatter(client)
        case 92..<93: return arrive()
        default: return wait(world.pick([500, 4_000, 16_000, 300_000, 2_000_000]))
        }
    }

    private mutating func greeted() -> Int? {
        let present = model.clients.indices.filter { model.clients[$0].isGreeted }
        return present.isEmpty ? nil : world.pick(present)
    }

    private mutating func say(_ frame: [UInt8], _ client: Int) { kit.say(frame, as: client) }

    private mutating func arrive() -> String {
        let waiting = model.clients.indices.filter { model.clients[$0].isOpen && !model.clients[$0].isGreeted }
        guard let client = waiting.first, world.chance(70) else {
            guard kit.clients.count(where: \.isOpen) < 10 else { return "full" }
            let client = kit.connect()
            model.connect(client, name: kit.clients[client].name)
            while ears.count <= client { ears.append(Ear()) }
            ears[client] = Ear()
            return "\(client) connects"
        }
        let token = world.pick(Array(world.people.keys).sorted() + [world.isOpen ? "" : "nobody"])
        if world.chance(10) {
            kit.stall(client)
            ears[client].isLoose = true
        }
        model.hello(client, world.people[token], isKnown: world.people[token] != nil)
        say(Say.hello(token: token), client)
        return "\(client) says HELLO as \(token)"
    }

    private mutating func leave(_ client: Int) -> String {
        strictness = .perAddress
        model.close(client)
        kit.close(client)
        return "\(client) leaves"
    }

    // MARK: Writing

    private mutating func write(_ client: Int) -> Model.Write {
        var write = Model.Write(address: world.address(), value: world.value())
        if world.chance(15) {
            let current = model.params[write.address]?.revision ?? 1
            write.revision = world.chance(60) ? current : world.number(0...4)
        }
        if world.chance(12) {
            write.ttl =
                world.isOpen ? world.pick([0, 1, 2, 5, Self.one, Self.three, Self.none]) : world.pick([0, Self.one])
        }
        write.lock = world.chance(8)
        write.unlock = world.chance(10)
        return write
    }

    // Absolute times, in seconds.
    private static let none: UInt32 = 0x8000_0000
    private static let one: UInt32 = 0x8000_0001
    private static let three: UInt32 = 0x8000_0003

    private mutating func set(_ client: Int) -> String {
        let write = write(client)
        let quality = world.pick([QualityOfService.fire, .confirm, .commit])
        model.set(write, client, wantsAcknowledgement: quality != .fire)
        let frame = Say.set(
            write.address, write.value, revision: write.revision, ttl: write.ttl, lock: write.lock,
            unlock: write.unlock, quality)
        say(frame, client)
        return "\(client) sets \(write)"
    }

    private mutating func signal() -> Model.Signalled {
        Model.Signalled(
            address: world.address(), signal: world.pick([.event, .stream, .stream, .timeline, .param]),
            value: world.chance(90) ? world.value() : nil)
    }

    private mutating func publish(_ client: Int) -> String {
        var message = signal()
        if world.chance(8) {
            let name = world.chance(70) ? world.pick(model.clients).name : "nobody"
            message.address = "/clasp/p2p/signal/" + name
        }
        model.publish(message, client)
        say(Say.publish(message.address, message.signal, message.value, phase: message.phase, id: message.id), client)
        return "\(client) publishes \(message)"
    }

    private mutating func gesture(_ client: Int) -> String {
        let message = Model.Signalled(
            address: world.addresses[Int(world.number(0...4))], signal: .gesture,
            phase: world.pick([.start, .move, .move, .move, .move, .end, .cancel]), value: world.value(),
            // Nobody else's, so that whose gesture it is can be told from what is heard of it.
            id: UInt32(client * 2) + UInt32(world.number(0...1)))
        model.publish(message, client)
        say(Say.publish(message.address, .gesture, message.value, phase: message.phase, id: message.id), client)
        return "\(client) gestures \(message)"
    }

    private mutating func bundle(_ client: Int) -> String {
        var inner: [Model.Inner] = []
        var bodies: [[UInt8]] = []
        for _ in 0..<world.number(0...5) {
            if world.chance(70) {
                var write = write(client)
                // Most bundles are meant to happen.
                if write.revision != nil, world.chance(70) { write.revision = nil }
                if !world.isOpen, !inner.isEmpty { write.ttl = nil }
                inner.append(.set(write))
                bodies.append(
                    Say.setBody(
                        write.address, write.value, revision: write.revision, ttl: write.ttl, lock: write.lock,
                        unlock: write.unlock))
            } else {
                let message = signal()
                inner.append(.publish(message))
                bodies.append(Say.publishBody(message.address, message.signal, message.value))
            }
        }
        let quality = world.pick([QualityOfService.fire, .commit])
        // At times that nothing else falls on.
        let delay = world.chance(25) ? world.number(1...2_000_000) * 2 + 1 : 0
        let time = delay > 0 ? kit.now.unix + delay : world.chance(10) ? kit.now.unix - 5 : nil
        model.bundle(inner, delay: delay, client, wantsAcknowledgement: quality != .fire)
        say(Say.bundle(bodies, at: time, quality), client)
        return "\(client) bundles \(inner) in \(delay)"
    }

    // MARK: Listening

    private mutating func subscribe(_ client: Int) -> String {
        let id = UInt32(world.number(0...6))
        let pattern = world.pattern()
        let types: SignalSet =
            world.chance(70)
            ? [] : world.pick([SignalSet(.param), SignalSet(.event), [SignalSet(.stream), SignalSet(.gesture)]])
        var options = Say.Options()
        if world.chance(4) { options = world.pick([Say.Options(maxRate: 2), Say.Options(epsilon: 3)]) }
        let isRefused = model.clients[client].subscriptions[id] == nil && model.clients[client].subscriptions.count >= 6
        let before = model.clients[client].expected.count
        model.subscribe(id, pattern, types: types, client)
        let answer = model.clients[client].expected.dropFirst(before).first
        if answer == nil || answer?.heard.isSnapshot == true, !isRefused {
            ears[client].unsubscribed(id)
            if options.maxRate != nil || options.epsilon != nil { ears[client].isThinned = true }
            if ears[client].isLoose { owe(answer?.heard, id, client) }
        }
        say(Say.subscribe(id, pattern, types: types, options), client)
        return "\(client) subscribes \(id) to \(pattern) \(types.rawValue) \(options)"
    }

    private mutating func owe(_ heard: Heard?, _ id: UInt32, _ client: Int) {
        guard case .snapshot(let items)? = heard else { return }
        var owed: [String: Int] = [:]
        for item in items { owed[item.address] = model.log.newest[item.address] }
        ears[client].subscribed(id, owing: owed)
    }

    private mutating func unsubscribe(_ client: Int) -> String {
        let id = UInt32(world.number(0...6))
        model.unsubscribe(id, client)
        ears[client].unsubscribed(id)
        say(Say.unsubscribe(id), client)
        return "\(client) unsubscribes \(id)"
    }

    private mutating func get(_ client: Int) -> String {
        let address = world.address()
        model.get(address, client)
        say(Say.get(address), client)
        return "\(client) gets \(address)"
    }

    private mutating func chatter(_ client: Int) -> String {
        switch world.number(0...3) {
        case 0:
            model.expect(.pong, client)
            say(Say.ping(), client)
        case 1:
            model.expect(.sync(t1: 5, t2: kit.now.unix, t3: kit.now.unix), client)
            say(Say.sync(5), client)
        case 2:
            model.hello(client, nil, isKnown: true)
            say(Say.hello(), client)
        default: say(Array((0..<world.number(0...30)).map { _ in UInt8(world.number(0...255)) }), client)
        }
        return "\(client) chatters"
    }

    // MARK: Lagging

    private mutating func stall(_ client: Int) -> String {
        kit.stall(client)
        ears[client].isLoose = true
        return "\(client) stalls"
    }

    private mutating func sip(_ client: Int) -> String {
        guard kit.clients[client].isStalled else { return "\(client) does nothing" }
        kit.sip(client)
        ears[client].sipped(of: client, in: model)
        return "\(client) takes a little"
    }

    private mutating func resume(_ client: Int) -> String {
        guard kit.clients[client].isStalled, kit.clients[client].isOpen else { return "\(client) does nothing" }
        kit.resume(client)
        let heard = kit.take(client)
        if let fault = ears[client].check(heard, against: [], .total, of: client, in: model) {
            complaint = "client \(client), resuming, \(fault)"
        }
        if !ears[client].isThinned {
            let missing = ears[client].whatIsMissing(
                of: client, in: model, settledAt: .max, signals: checksSignals)
            if let missing { complaint = complaint ?? "client \(client) \(missing)" }
            ears[client].caughtUp()
        }
        ears[client].isLoose = false
        return "\(client) resumes"
    }

    // MARK: Time

    private mutating func wait(_ microseconds: UInt64) -> String {
        strictness = .perAddress
        model.advance(by: microseconds)
        kit.advance(by: microseconds)
        return "\(microseconds) µs pass"
    }

    /// Long enough for everything that was held back on purpose.
    private mutating func quiet() -> String {
        let told = wait(3_000_000)
        for client in ears.indices
        where ears[client].isThinned && model.clients[client].isGreeted && !kit.clients[client].isStalled {
            let heard = kit.take(client)
            let expected = model.clients[client].expected
            model.clients[client].expected = []
            complaint =
                ears[client].check(heard, against: expected, .perAddress, of: client, in: model)
                ?? ears[client].whatIsMissing(
                    of: client, in: model, settledAt: model.now.uptime - 2_200_000, signals: false) ?? complaint
            ears[client].sipped(of: client, in: model)
        }
        return told
    }

    private mutating func setClock() -> String {
        guard model.bundles.isEmpty else { return "nothing" }
        let step = Int64(world.number(0...20_000_000)) - 10_000_000
        kit.setClock(by: step)
        model.now.unix = kit.now.unix
        return "the clock is set by \(step) µs"
    }
}
