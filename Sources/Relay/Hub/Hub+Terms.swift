import RelayProtocol

/// What an operator changes while the relay runs. It holds for those who are in, too.
extension Hub {
    /// Takes other limits. Nobody is sent away and nothing removed for them, but nobody gets any further beyond them.
    package mutating func use(_ new: HubLimits) {
        let more = Int(new.freeSubscribes) - Int(limits.freeSubscribes)
        for place in sessions.indices where sessions[place].phase == .live {
            sessions[place].freeSubscribes = UInt16(clamping: Int(sessions[place].freeSubscribes) + more)
        }
        limits = new
    }

    /// Takes other rules of the application. Who listens where is worked out anew; what was sent is not taken back.
    package mutating func use(_ new: Policy) {
        policy = new
        addresses.use(new)
        matches.dropAll()
        // What is kept for late subscribers was cut to the rules of its day.
        for id in recent.forgetAll() { addresses.unpin(id) }
        for (id, sessions) in holders where !addresses[id].rules.mayBePresence {
            for session in sessions { self.sessions[Int(session)].presence.remove(id) }
            holders[id] = nil
        }
    }
}
