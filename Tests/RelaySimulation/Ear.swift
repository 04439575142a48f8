import RelayJSON
import RelayProtocol

/// What one client has to have heard, and whether it has.
///
/// A client that keeps up must hear exactly what the model says. Of one that lags, or asked for less, it is known what
/// it must hear at once; of the rest, that nothing is invented, nothing older follows what is newer, nothing is shown
/// that may not be seen, and that what it missed has come by the time it has caught up.
struct Ear {
    /// Not everything is exact any more, until it has caught up.
    var isLoose = false
    /// Asked for thinned deliveries once; never exact again.
    var isThinned = false
    private var seen: [String: Int] = [:]
    private var holds: [String: Held] = [:]
    /// Params of which it missed a change.
    private(set) var missedParams: Set<String> = []
    /// Signals of which it missed one, and its number.
    private var missedSignals: [String: Int] = [:]
    /// By subscription: what its snapshot must have shown, at least as new as that.
    private var owedSnapshots: [UInt32: [String: Int]] = [:]

    /// What it takes for the newest value of a param.
    private struct Held: Equatable {
        let revision: UInt64
        let value: [UInt8]
    }

    /// How one step is compared.
    enum Strictness {
        /// In this very order.
        case total
        /// Address by address: things that fall due together have no order.
        case perAddress
    }

    // MARK: What it must hear

    /// Looks at what was said in one step. Answers what is wrong with it.
    mutating func check(
        _ heard: [Heard], against expected: [Model.Expected], _ strictness: Strictness, of client: Int,
        in model: Model
    ) -> String? {
        for heard in heard {
            if let fault = note(heard, of: client, in: model, isCurrent: strictness == .total) { return fault }
        }
        guard isLoose || isThinned else {
            let wanted = Self.normal(expected.map(\.heard), strictness)
            let got = Self.normal(heard, strictness)
            return wanted == got ? nil : "heard \(got.flatMap(\.self)), not \(wanted.flatMap(\.self))"
        }
        for expected in expected { miss(expected, model) }
        return checkImmediate(heard, expected.filter { !$0.isConflatable }.map(\.heard), strictness)
    }

    private func checkImmediate(_ heard: [Heard], _ expected: [Heard], _ strictness: Strictness) -> String? {
        let wanted = expected.filter { !$0.isSnapshot }
        if strictness == .perAddress {
            // Each of those wanted must be among what was heard, in order of its address.
            for group in Self.normal(wanted, .perAddress) {
                var rest = group[...]
                for one in heard.map(\.normal) where one == rest.first { rest = rest.dropFirst() }
                if let missing = rest.first { return "did not hear \(missing) but \(heard)" }
            }
            return nil
        }
        var rest = wanted.map(\.normal)[...]
        for one in heard.map(\.normal) {
            if one == rest.first {
                rest = rest.dropFirst()
            } else if !one.isConflatable {
                return "heard \(one), not \(rest.first.map { "\($0)" } ?? "nothing")"
            }
        }
        return rest.first.map { "did not hear \($0) but \(heard)" }
    }

    /// Snapshots of one answer as one, in order of addresses; texts without their words.
    private static func normal(_ heard: [Heard], _ strictness: Strictness) -> [[Heard]] {
        var result: [Heard] = []
        var items: [Heard.SnapshotItem]?
        for one in heard {
            if case .snapshot(let more) = one {
                items = (items ?? []) + more
                continue
            }
            if let known = items { result.append(.snapshot(known.sorted { $0.address < $1.address })) }
            items = nil
            result.append(one.normal)
        }
        if let known = items { result.append(.snapshot(known.sorted { $0.address < $1.address })) }
        guard strictness == .perAddress else { return [result] }
        // Moves of several gestures that fall due together have no order either.
        let groups = Dictionary(grouping: result) { ($0.address ?? "") + ($0.isMove ? "\($0)" : "") }
        return groups.keys.sorted().map { groups[$0] ?? [] }
    }

    // MARK: What it has heard

    private mutating func note(_ heard: Heard, of client: Int, in model: Model, isCurrent: Bool) -> String? {
        switch heard {
        case .set(let set):
            return noteParam(set.address, set.revision ?? 0, set.value, client, model, isCurrent: isCurrent)
        case .snapshot(let items):
            for item in items {
                let fault = noteParam(item.address, item.revision, item.value, client, model, isCurrent: isCurrent)
                if let fault { return fault }
            }
        case .publish(let publish) where publish.isReplaceable:
            let name = StreamName.of(publish)
            let value = publish.value ?? []
            guard model.log.number(name, 0, value, notBefore: 0) != nil else { return nil }
            guard let number = model.log.number(name, 0, value, notBefore: seen[name] ?? 0) else {
                return "heard an older \(heard) after a newer one"
            }
            if isCurrent, !model.sees(client, publish.address) { return "was shown \(heard)" }
            seen[name] = number
            holds[name] = Held(revision: 0, value: value)
        default: return nil
        }
        return nil
    }

    private mutating func noteParam(
        _ address: String, _ revision: UInt64, _ value: [UInt8], _ client: Int, _ model: Model, isCurrent: Bool
    ) -> String? {
        let last = seen[address] ?? 0
        guard let number = model.log.number(address, revision, value, notBefore: last) else {
            return "heard \(address)#\(revision), which is invented or old"
        }
        if isCurrent, !model.sees(client, address) { return "was shown \(address)" }
        seen[address] = number
        holds[address] = Held(revision: revision, value: value)
        return nil
    }

    private mutating func miss(_ expected: Model.Expected, _ model: Model) {
        switch expected.heard {
        case .set(let set) where expected.isConflatable: missedParams.insert(set.address)
        case .publish(let publish) where publish.signal == .gesture && !expected.isConflatable:
            // A move that was missed means nothing any more.
            missedSignals[StreamName.of(publish)] = nil
        case .publish(let publish) where expected.isConflatable:
            let name = StreamName.of(publish)
            missedSignals[name] = model.log.number(name, 0, publish.value ?? [], notBefore: 0)
        default: return
        }
    }

    mutating func subscribed(_ id: UInt32, owing items: [String: Int]) { owedSnapshots[id] = items }
    mutating func unsubscribed(_ id: UInt32) { owedSnapshots[id] = nil }

    // MARK: When it has caught up

    /// It got a part of what it missed. What it may not see at this moment may have been passed over.
    mutating func sipped(of client: Int, in model: Model) {
        missedParams = missedParams.filter { model.hears(client, $0, .param) }
        missedSignals = missedSignals.filter { Self.hears(client, $0.key, model) }
        for id in owedSnapshots.keys {
            owedSnapshots[id] = owedSnapshots[id]?.filter { model.sees(client, $0.key) }
        }
    }

    /// Answers what it should have got by now. `settled`: params not written since, in microseconds of uptime.
    func whatIsMissing(of client: Int, in model: Model, settledAt: UInt64, signals: Bool) -> String? {
        for address in missedParams {
            guard let param = model.params[address], param.writtenAt <= settledAt,
                model.hears(client, address, .param)
            else { continue }
            if holds[address] != Held(revision: param.revision, value: param.shown) {
                return "has not got the newest of \(address)"
            }
        }
        for (id, items) in owedSnapshots where model.clients[client].subscriptions[id] != nil {
            for (address, number) in items where model.log.ended[address] ?? 0 < number && model.sees(client, address) {
                if latest(address, model) < number { return "has not got \(address), for which it subscribed" }
            }
        }
        guard signals else { return nil }
        for (name, number) in missedSignals where latest(name, model) < number {
            if Self.hears(client, name, model) { return "has not got the newest of \(name)" }
        }
        return nil
    }

    private static func hears(_ client: Int, _ name: String, _ model: Model) -> Bool {
        let words = name.split(separator: " ")
        return model.hears(client, String(words.last ?? ""), words.first == "stream" ? .stream : .gesture)
    }

    private func latest(_ name: String, _ model: Model) -> Int {
        holds[name].map { model.log.latest(name, $0.revision, $0.value) } ?? 0
    }

    mutating func caughtUp() {
        missedParams = []
        missedSignals = [:]
        owedSnapshots = [:]
        isLoose = false
    }
}

extension Heard {
    fileprivate var isMove: Bool {
        if case .publish(let publish) = self { publish.signal == .gesture && publish.phase == .move } else { false }
    }

    var isSnapshot: Bool { if case .snapshot = self { true } else { false } }

    /// Without the words of an ERROR but those that say which it is, and without a reason.
    fileprivate var normal: Heard {
        switch self {
        case .error(let code, let address, let text):
            let words = ["RevisionConflict", "LockHeld", "AtCapacity"]
            return .error(code: code, address: address, text: words.first { code == 400 && text.contains($0) } ?? "")
        case .closed(let code, _): return .closed(code: code, reason: "")
        default: return self
        }
    }

    /// Whether a lagging client gets it later, or not at all.
    fileprivate var isConflatable: Bool {
        switch self {
        case .set, .snapshot: true
        case .publish(let publish): publish.isReplaceable
        default: false
        }
    }
}

extension Heard.PublishHeard {
    var isReplaceable: Bool { signal == .stream || signal == .gesture && phase == .move }
}
