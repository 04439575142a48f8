import Relay
import RelayJSON
import RelayProtocol

extension Model {
    private struct Refused {
        let code: UInt16
        var word = ""
    }

    /// What the next write to a param has to respect, and what earlier ones of a bundle would make of it.
    private struct Standing {
        var revision: UInt64
        var lockedBy: Int?
    }

    // MARK: SET

    mutating func set(_ write: Write, _ client: Int, wantsAcknowledgement: Bool) {
        var standings: [String: Standing] = [:]
        if let refused = objection(to: write, client, &standings) {
            return refuse(refused.code, write.address, client, refused.word)
        }
        let revision = apply(write, client)
        if wantsAcknowledgement { expect(.ack(address: write.address, revision: revision), client) }
    }

    private func rightsRefuse(_ value: JSONValue, at address: String, _ client: Int) -> Refused? {
        guard Self.isAddress(address) else { return Refused(code: 200) }
        guard let person = clients[client].person else { return nil }
        switch rights.refusal(person, writing: value, at: address) {
        case .scope: return Refused(code: 301)
        case .rule: return Refused(code: 403)
        case nil: return nil
        }
    }

    private func objection(to write: Write, _ client: Int, _ standings: inout [String: Standing]) -> Refused? {
        if let refused = rightsRefuse(write.value, at: write.address, client) { return refused }
        var standing = standings[write.address]
        if standing == nil, let param = params[write.address] {
            standing = Standing(revision: param.revision, lockedBy: param.lockedBy)
        }
        if let known = standing {
            if let expected = write.revision, expected != known.revision {
                return Refused(code: 400, word: "RevisionConflict")
            }
            if let holder = known.lockedBy, holder != client { return Refused(code: 400, word: "LockHeld") }
        } else if maxParams > 0, params.count + standings.keys.count(where: { params[$0] == nil }) >= maxParams {
            return Refused(code: 400, word: "AtCapacity")
        }
        var next = standing ?? Standing(revision: 0, lockedBy: nil)
        next.revision += 1
        if write.unlock { next.lockedBy = nil }
        if write.lock { next.lockedBy = client }
        standings[write.address] = next
        return nil
    }

    @discardableResult
    private mutating func apply(_ write: Write, _ client: Int) -> UInt64 {
        var param = params[write.address] ?? Param()
        param.value = write.value
        param.shown = shown(write.address, write.value)
        param.revision += 1
        param.writer = clients[client].name
        param.timestamp = max(param.timestamp, now.unix)
        param.writtenAt = now.uptime
        if write.unlock, param.lockedBy == client { param.lockedBy = nil }
        if write.lock { param.lockedBy = client }
        if let ttl = write.ttl {
            let seconds = UInt64(ttl & 0x7FFF_FFFF)
            param.life = ttl == 0 ? .never : ttl & 0x8000_0000 == 0 ? .sliding(seconds) : .absolute(seconds)
            param.ends = ttl == 0 || seconds == 0 ? nil : now.uptime + seconds * 1_000_000
        } else if case .sliding(let seconds) = param.life {
            param.ends = now.uptime + seconds * 1_000_000
        } else if param.life == .standard, standardLife > 0 {
            param.ends = now.uptime + standardLife * 1_000_000
        }
        params[write.address] = param
        rights.oracle.state[write.address] = write.value
        log.note(write.address, param.revision, param.shown)
        if rights.isPresence(clients[client].person, write.address) {
            if write.value.isNull {
                holders[write.address] = nil
            } else {
                holders[write.address, default: []].insert(client)
            }
        }
        let heard = Heard.SetHeard(
            address: write.address, value: param.shown, revision: param.revision, ttl: write.ttl, lock: write.lock,
            unlock: write.unlock)
        tell(.set(heard), at: write.address, .param, isConflatable: true)
        return param.revision
    }

    /// It has ended: a last SET, to null.
    mutating func remove(_ address: String) {
        guard let param = params.removeValue(forKey: address) else { return }
        rights.oracle.state[address] = nil
        holders[address] = nil
        let null = Say.bytes(of: .null)
        log.note(address, param.revision + 1, null)
        log.noteEnd(address)
        tell(
            .set(Heard.SetHeard(address: address, value: null, revision: param.revision + 1)), at: address, .param,
            isConflatable: false)
    }

    // MARK: PUBLISH

    mutating func publish(_ message: Signalled, _ client: Int) {
        if let refused = rightsRefuse(message.value ?? .null, at: message.address, client) {
            return refuse(refused.code, message.address, client)
        }
        let prefix = "/clasp/p2p/signal/"
        if message.address.hasPrefix(prefix), message.address.count > prefix.count {
            let name = message.address.dropFirst(prefix.count)
            guard let target = clients.firstIndex(where: { $0.isGreeted && $0.name == name }) else {
                return refuse(404, message.address, client)
            }
            return expect(heard(message, isShownWhole: true), target)
        }
        guard message.signal == .gesture else { return pass(message, client, isConflatable: message.signal == .stream) }
        let key = Gesture(client: client, address: message.address, id: message.id ?? 0)
        switch message.phase {
        case .start:
            gestures[key] = Moves(started: now.uptime)
            pass(message, client, isConflatable: false)
        case .move:
            guard gestures[key] != nil else { return pass(message, client, isConflatable: false) }
            gestures[key]?.newest = message
            if movesAt == nil { movesAt = now.uptime + 16_000 }
        case .end, .cancel:
            if let move = gestures.removeValue(forKey: key)?.newest { pass(move, client, isConflatable: true) }
            pass(message, client, isConflatable: false)
        }
    }

    private mutating func pass(_ message: Signalled, _ client: Int, isConflatable: Bool) {
        let heard = heard(message, isShownWhole: false)
        if case .publish(let publish) = heard, publish.isReplaceable {
            log.note(StreamName.of(publish), 0, publish.value ?? [])
        }
        tell(heard, at: message.address, message.signal, except: client, isConflatable: isConflatable)
    }

    private func heard(_ message: Signalled, isShownWhole: Bool) -> Heard {
        let value = message.value.map { isShownWhole ? Say.bytes(of: $0) : shown(message.address, $0) }
        return .publish(
            Heard.PublishHeard(
                address: message.address, signal: message.signal, phase: message.phase, value: value, id: message.id))
    }

    // MARK: BUNDLE

    /// `delay`: microseconds until its time.
    mutating func bundle(_ messages: [Inner], delay: UInt64, _ client: Int, wantsAcknowledgement: Bool) {
        let bundle = Bundle(
            client: client, messages: messages, due: now.uptime + delay, wantsAcknowledgement: wantsAcknowledgement)
        if delay == 0 { run(bundle) } else { bundles.append(bundle) }
    }

    private mutating func run(_ bundle: Bundle) {
        var standings: [String: Standing] = [:]
        for message in bundle.messages {
            let refused: Refused?
            let address: String
            switch message {
            case .set(let write):
                refused = objection(to: write, bundle.client, &standings)
                address = write.address
            case .publish(let publish):
                refused = rightsRefuse(publish.value ?? .null, at: publish.address, bundle.client)
                address = publish.address
            }
            if let refused {
                return refuse(refused.code == 301 ? 403 : refused.code, address, bundle.client, refused.word)
            }
        }
        var last: UInt64?
        for message in bundle.messages {
            switch message {
            case .set(let write): last = apply(write, bundle.client)
            case .publish(let publish): pass(publish, bundle.client, isConflatable: publish.signal == .stream)
            }
        }
        if bundle.wantsAcknowledgement { expect(.ack(address: nil, revision: last), bundle.client) }
    }

    // MARK: Time

    mutating func advance(by microseconds: UInt64) {
        let end = now.uptime + microseconds
        while let next = nextEvent, next <= end {
            pass(until: next)
            for address in params.keys.sorted() where params[address]?.ends ?? .max <= next { remove(address) }
            for client in clients.indices where clients[client].greetBy ?? .max <= next && clients[client].isOpen {
                expect(.closed(code: 1002, reason: ""), client)
                close(client)
            }
            if let moves = movesAt, moves <= next { forwardMoves() }
            while let place = bundles.indices.filter({ bundles[$0].due <= next }).min(by: {
                bundles[$0].due < bundles[$1].due
            }) {
                run(bundles.remove(at: place))
            }
        }
        pass(until: end)
    }

    private var nextEvent: UInt64? {
        let lives = params.values.compactMap(\.ends)
        let greetings = clients.filter(\.isOpen).compactMap(\.greetBy)
        return (lives + greetings + bundles.map(\.due) + [movesAt].compactMap { $0 }).min()
    }

    private mutating func pass(until uptime: UInt64) {
        guard uptime > now.uptime else { return }
        now.unix += uptime - now.uptime
        now.uptime = uptime
    }

    private mutating func forwardMoves() {
        movesAt = nil
        for (key, moves) in gestures {
            guard let move = moves.newest else { continue }
            gestures[key]?.newest = nil
            pass(move, key.client, isConflatable: true)
        }
        // Those that nobody ends.
        gestures = gestures.filter { now.uptime < $0.value.started + gestureTimeout }
    }
}

/// What frames replace one another: those of a stream, or of a gesture.
enum StreamName {
    static func of(_ publish: Heard.PublishHeard) -> String {
        publish.signal == .stream ? "stream " + publish.address : "gesture \(publish.id ?? 0) \(publish.address)"
    }
}
