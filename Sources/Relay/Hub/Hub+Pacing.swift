import RelayProtocol

/// `maxRate` and `epsilon`: fewer deliveries for those who want fewer, and the last value always.
extension Hub {
    /// A number that keeps within its epsilon is told after this long all the same, so that everybody ends up right.
    private static let settling: UInt64 = 1_000_000

    mutating func pace(
        _ id: AddressID, _ signal: Signal, _ number: Double?, _ frame: HubOutput.Slice,
        _ audience: MatchCache.Audience, except sender: SessionIndex? = nil, into output: inout HubOutput
    ) {
        for listener in audience.paced where listener.session != sender {
            let key = PacedDeliveries.Key(session: listener.session, id: id, signal: signal)
            guard var state = paced[key] else {
                tell(frame, id, signal, to: listener.session, into: &output)
                remember(key, number)
                continue
            }
            let due = state.told + listener.pace.interval
            if now.uptime >= due, isWorthTelling(number, after: state.number, listener.pace.epsilon) {
                tell(frame, id, signal, to: listener.session, into: &output)
                state = PacedDeliveries.State(told: now.uptime, number: number, looksAgain: state.looksAgain)
            } else {
                state.isOwed = true
                if signal != .param { state.frame = output.frame(frame).array }
                if state.looksAgain == 0 {
                    state.looksAgain = max(due, now.uptime >= due ? now.uptime + Self.settling : due)
                    deadlines.add(.paced(key), at: state.looksAgain)
                }
            }
            paced[key] = state
        }
    }

    private mutating func tell(
        _ frame: HubOutput.Slice, _ id: AddressID, _ signal: Signal, to session: SessionIndex,
        into output: inout HubOutput
    ) {
        counters.deliveries &+= 1
        output.send(frame, to: session, signal == .param ? .newestParam(id) : .newestStream(id))
    }

    private mutating func remember(_ key: PacedDeliveries.Key, _ number: Double?) {
        guard paced.count < limits.maxPacedAddresses else { return }
        addresses.pin(key.id)
        paced[key] = PacedDeliveries.State(told: now.uptime, number: number)
    }

    private func isWorthTelling(_ number: Double?, after last: Double?, _ epsilon: Double) -> Bool {
        guard epsilon > 0, let number, let last else { return true }
        return !(abs(number - last) < epsilon)
    }

    /// The time has come to say what was held back.
    mutating func payOwed(_ key: PacedDeliveries.Key, into output: inout HubOutput) {
        guard var state = paced[key] else { return }
        state.looksAgain = 0
        // Whoever does not listen here any more, or has got everything since, is owed nothing.
        let place = matches.find(key.id, key.signal) ?? fillMatches(key.id, key.signal)
        if !matches[place].hasPaced(key.session) {
            state.isOwed = false
            state.frame = nil
        }
        if state.isOwed {
            var frame: HubOutput.Slice?
            if key.signal == .param {
                if let param = param(key.id, into: &output) {
                    state.number = param.value.number
                    frame = setFrame(of: key.id, param, into: &output)
                }
            } else if let stored = state.frame {
                frame = output.frame(stored)
            }
            if let frame { tell(frame, key.id, key.signal, to: key.session, into: &output) }
            state.isOwed = false
            state.frame = nil
            state.told = now.uptime
        }
        paced[key] = state
    }

    mutating func dropPaced(of session: SessionIndex) {
        for id in paced.drop(session: session) { addresses.unpin(id) }
    }
}
