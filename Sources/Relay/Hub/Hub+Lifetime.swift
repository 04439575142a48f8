import RelayProtocol

/// What has a time at which something happens.
enum Due: Sendable {
    case greeting(SessionIndex, generation: UInt32)
    case token(SessionIndex, generation: UInt32)
    case expiry(AddressID, generation: UInt32)
    case paced(PacedDeliveries.Key)
    case gestures
    case bundle
    case definitions
}

extension Hub {
    /// When `tick` is next worth a call, in microseconds of uptime; nil when nothing waits.
    package var nextDue: UInt64? { deadlines.next }

    /// Does what is due, or so much of it that nobody else waits long: then more is due at once.
    package mutating func tick(at now: Moment, into output: inout HubOutput) {
        self.now = now
        for _ in 0..<Self.dueAtOnce {
            guard let due = deadlines.popDue(at: now.uptime) else { break }
            switch due {
            case .greeting(let session, let generation): checkGreeting(session, generation, into: &output)
            case .token(let session, let generation): checkToken(of: session, generation, into: &output)
            case .expiry(let id, let generation): checkLifetime(of: id, generation, into: &output)
            case .paced(let key): payOwed(key, into: &output)
            case .gestures: forwardMoves(into: &output)
            case .bundle: runBundles(into: &output)
            case .definitions: sweepDefinitions()
            }
        }
        forgetIdleAddresses()
    }

    private static let dueAtOnce = 1024

    private mutating func checkGreeting(
        _ session: SessionIndex, _ generation: UInt32, into output: inout HubOutput
    ) {
        let place = Int(session)
        guard sessions[place].phase == .greeting, sessions[place].generation == generation else { return }
        counters.count(.helloTimeout, metBy: session)
        leave(session, 1002, "no HELLO in time", into: &output)
    }

    // MARK: Params

    /// When a param ends, in microseconds of uptime; 0 for never.
    func deadline(of param: ParamStanding) -> UInt64 {
        switch param.timeToLive {
        case .never: return 0
        case .sliding(let seconds): return deadline(UInt64(seconds), after: param.timestamp)
        case .absolute(let seconds):
            // No number of seconds from now that a client could mean.
            return seconds == 0 ? 0 : deadline(UInt64(seconds), after: param.lifetimeStart)
        case nil:
            return limits.paramTimeToLive == 0 ? 0 : deadline(UInt64(limits.paramTimeToLive), after: param.timestamp)
        }
    }

    private func deadline(_ seconds: UInt64, after unix: UInt64) -> UInt64 {
        // A time stamp may be ahead of a clock that was set back; nothing was written in the future.
        let (end, isTooFar) = min(unix, now.unix).addingReportingOverflow(seconds * 1_000_000)
        guard !isTooFar else { return 0 }
        return end > now.unix ? now.uptime &+ (end - now.unix) : max(1, now.uptime)
    }

    /// Makes sure that somebody looks at the param when its time is over. One look per address is enough: whoever looks
    /// too early looks again. Nobody plans far ahead: what is planned stays in the queue, even when it means nothing
    /// any more.
    mutating func lookAgain(at id: AddressID, by deadline: UInt64) {
        guard deadline != 0 else { return }
        let look = min(deadline, now.uptime + Self.longestPlan)
        let planned = addresses[id].nextLook
        guard planned == 0 || look < planned else { return }
        addresses.setNextLook(look, of: id)
        deadlines.add(.expiry(id, generation: addresses[id].generation), at: look)
    }

    static let longestPlan: UInt64 = 60_000_000

    private mutating func checkLifetime(of id: AddressID, _ generation: UInt32, into output: inout HubOutput) {
        guard addresses[id].generation == generation, addresses[id].nextLook <= now.uptime else { return }
        addresses.setNextLook(0, of: id)
        guard let param = param(id, into: &output) else { return }
        lookAgain(at: id, by: param.standing.deadline)
    }

    /// Ends a param: everybody who listens hears a last SET, to null. The next one at this address is revision one.
    mutating func remove(_ id: AddressID, _ param: Param, into output: inout HubOutput) {
        let address = addresses.address(of: id).array
        let revision = param.revision &+ 1
        let rules = addresses[id].rules
        params.remove(id)
        creators.remove(id)
        writers.release(param.writer)
        addresses.release(id)
        if param.lockHolder >= 0 { sessions[Int(param.lockHolder)].locks.remove(id) }
        output.recordRemoval(of: address.rawSpan, revision: revision, at: now.unix)
        if rules.mayBePresence { holders[id] = nil }
        if !param.value.isNull { visibilityChanged(by: id) }
        guard patterns.count > 0 else { return }
        let place = matches.find(id, .param) ?? fillMatches(id, .param)
        let audience = matches[place]
        guard !audience.isEmpty else { return }
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.confirm, into: &writer) { writer throws(WireError) in
                try writer.set(
                    address: address.rawSpan, value: .null, in: RawSpan(), revision: revision, timeToLive: nil,
                    lock: false, unlock: false)
            }
        }
        guard let frame else { return }
        // There is no newer value to make up for it later, so it is for everyone, whatever they lag.
        deliver(frame, to: audience, .every, into: &output)
        for listener in audience.paced { output.send(frame, to: listener.session) }
    }

    // MARK: Presence

    /// A session that writes its presence holds it; one that writes null lets go, for everybody.
    mutating func updatePresence(_ id: AddressID, isPresent: Bool, _ session: SessionIndex) {
        let subject = sessions[Int(session)].access?.subject
        let isOwn = policy.isPresence(addresses.address(of: id), subject: subject)
        guard isOwn else { return }
        guard isPresent else {
            holders[id] = nil
            return
        }
        sessions[Int(session)].presence.insert(id)
        if holders[id]?.contains(session) != true { holders[id, default: []].append(session) }
    }

    /// The session has ended; with the last one that holds it the param goes.
    mutating func releasePresence(_ id: AddressID, of session: SessionIndex, into output: inout HubOutput) {
        guard let place = holders[id]?.firstIndex(of: session) else { return }
        holders[id]?.remove(at: place)
        guard holders[id]?.isEmpty == true else { return }
        holders[id] = nil
        if let param = param(id, into: &output) { remove(id, param, into: &output) }
    }
}
