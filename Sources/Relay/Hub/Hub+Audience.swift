import RelayProtocol

/// Who gets what: the listeners of an address, after tokens and the application's rules have had their say.
extension Hub {
    /// Works out who gets a signal of an address, and remembers it.
    @inline(never)
    mutating func fillMatches(_ id: AddressID, _ signal: Signal) -> Int {
        matches.store(audience(of: id, signal), for: id, signal)
    }

    private mutating func audience(of id: AddressID, _ signal: Signal) -> MatchCache.Audience {
        let rules = addresses[id].rules
        if !isOpen, policy.audience(of: rules.visibilityRule) == .nobody { return .nobody }
        let address = addresses.address(of: id).array
        var found: [(session: SessionIndex, pace: Pace?)] = []
        var entries: [(entry: PatternIndex.Entry, isBare: Bool)] = []
        patterns.match(address.rawSpan) { entries.append(($0, $1)) }
        let isForAllTypes = PeerSignal.isAnnouncement(address.rawSpan)
        var wantsHistory = false
        for (entry, isBare) in entries {
            for listener in patterns.listeners(of: entry) where isForAllTypes || listener.types.admits(signal) {
                if mayHear(listener.session, address.rawSpan, rules, isBare: isBare) {
                    found.append((listener.session, listener.pace))
                    wantsHistory = wantsHistory || listener.wantsHistory
                }
            }
        }
        return merged(found, wantsHistory)
    }

    /// A subscription was found to be within the token's scopes, but `read:/a/**` does not reach `/a` itself, which the
    /// same text as a pattern does.
    private func mayHear(_ session: SessionIndex, _ address: RawSpan, _ rules: AddressRules, isBare: Bool) -> Bool {
        guard let access = sessions[Int(session)].access else { return true }
        if isBare, !access.mayRead(address) { return false }
        return isVisible(address, rules, to: access)
    }

    /// One delivery per session, as fast as its least restrictive subscription wants it.
    private func merged(
        _ found: [(session: SessionIndex, pace: Pace?)], _ wantsHistory: Bool
    ) -> MatchCache.Audience {
        var plain: [SessionIndex] = []
        var paced: [MatchCache.Paced] = []
        let sorted = found.sorted { $0.session < $1.session }
        var position = 0
        while position < sorted.count {
            let session = sorted[position].session
            var pace = sorted[position].pace
            position += 1
            while position < sorted.count, sorted[position].session == session {
                if let mine = pace { pace = sorted[position].pace.flatMap { mine.merged(with: $0) } }
                position += 1
            }
            if let pace {
                paced.append(MatchCache.Paced(session: session, pace: pace))
            } else {
                plain.append(session)
            }
        }
        return MatchCache.Audience(plain: plain, paced: paced, wantsHistory: wantsHistory)
    }

    /// Hands a frame to those who get all of them.
    @inline(__always)
    mutating func deliver(
        _ frame: HubOutput.Slice, to audience: MatchCache.Audience, except sender: SessionIndex? = nil,
        _ kind: HubOutput.Kind, into output: inout HubOutput
    ) {
        counters.deliveries &+= UInt64(audience.plain.count)
        output.deliver(frame, to: audience.plain, except: sender, kind)
        switch kind {
        case .newestParam(let id):
            for session in catchingUp where audience.hasPlain(session) { _ = sessions[Int(session)].missed?.clear(id) }
        case .newestStream(let id): overtake(StreamKey(stream: id), audience, except: sender)
        case .newestMove(let id, let mover, let gesture):
            overtake(StreamKey(move: id, mover, gesture), audience, except: sender)
        case .every: return
        }
    }

    /// Whoever missed frames, and gets a newer one now, must not get the older one afterwards.
    mutating func overtake(_ key: StreamKey, _ audience: MatchCache.Audience, except sender: SessionIndex?) {
        for session in missing where session != sender && audience.has(session) {
            sessions[Int(session)].missed?.drop(stream: key)
        }
    }

    // MARK: Changes

    /// Somebody listens to a pattern, or does not any more.
    mutating func listenersChanged(_ pattern: Pattern) {
        dropMatches(of: pattern)
    }

    /// A param turned from null or nothing into something, or back: other addresses may have become visible or hidden.
    mutating func visibilityChanged(by id: AddressID) {
        guard !isOpen, policy.mayHide else { return }
        for pattern in policy.dependents(on: addresses.address(of: id)) { dropMatches(of: pattern) }
    }

    private mutating func dropMatches(of pattern: Pattern) {
        guard !matches.isEmpty else { return }
        var ids: [AddressID] = []
        if addresses.tree.walk(pattern, budget: Self.dropBudget, { ids.append($0) }) {
            for id in ids { matches.drop(id) }
        } else {
            matches.dropAll()
        }
    }

    /// Beyond so many addresses it is cheaper to work out again what is asked for.
    private static let dropBudget = 512
}
