import RelayProtocol

extension Hub {
    mutating func subscribe(
        _ message: SubscribeMessage, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        let session = sender.session
        let text = payload.bytes(message.pattern)
        if let refusal = objection(to: message, text, session) {
            return refuse(refusal, at: text, session, into: &output)
        }
        guard let pattern = Pattern(text) else { return }
        unsubscribe(message.id, from: session)
        let listener = PatternIndex.Listener(
            session: session, subscription: message.id, types: message.types, pace: message.options.flatMap(Pace.init),
            wantsHistory: message.options?.history ?? 0 > 0)
        guard let entry = patterns.add(pattern, listener) else { return }
        sessions[Int(session)].subscriptions.append(
            Subscription(id: message.id, entry: entry, types: message.types, pace: listener.pace))
        // Registered before the snapshot is taken: a change in between may be seen twice, never missed.
        listenersChanged(pattern)
        begin(SnapshotJob(.matching(pattern), of: message.id), for: session, into: &output)
        tellRecent(message, pattern, to: session, into: &output)
    }

    private func objection(
        to message: SubscribeMessage, _ text: RawSpan, _ session: SessionIndex
    ) -> Refusal? {
        let mine = sessions[Int(session)].subscriptions
        if mine.count >= limits.maxSubscriptions, !mine.contains(where: { $0.id == message.id }) {
            return Refusal(
                429, "TooManySubscriptions: a session has at most \(limits.maxSubscriptions) (max-subscriptions)",
                .maxSubscriptions)
        }
        guard let pattern = Pattern(text) else { return .invalidPattern }
        if let access = sessions[Int(session)].access, !access.maySubscribe(to: pattern),
            !(pattern.isExact && Reserved.contains(text))
        {
            return .missingScope("subscribing")
        }
        return nil
    }

    /// Where the params that a pattern matches are to be found.
    func source(of pattern: Pattern) -> SnapshotJob.Source {
        var ids: [AddressID] = []
        let isComplete = addresses.tree.walk(pattern, budget: limits.walkBudget) { id in
            if params[id] != nil { ids.append(id) }
        }
        return isComplete ? .list(pattern, ids) : .scan(pattern)
    }

    /// An id that is not in use is no mistake.
    mutating func unsubscribe(_ id: UInt32, from session: SessionIndex) {
        guard let place = sessions[Int(session)].subscriptions.firstIndex(where: { $0.id == id }) else { return }
        let subscription = sessions[Int(session)].subscriptions.remove(at: place)
        remove(subscription, of: session)
    }

    mutating func remove(_ subscription: Subscription, of session: SessionIndex) {
        guard let pattern = patterns.pattern(of: subscription.entry) else { return }
        patterns.remove(subscription.entry, session: session, subscription: subscription.id)
        // What it has not been told so far it does not want any more.
        sessions[Int(session)].snapshots.removeAll { $0.subscription == subscription.id }
        listenersChanged(pattern)
    }
}
