import RelayProtocol

/// Gestures: a start and an end at once, and of the moves in between the newest, every 16 ms.
extension Hub {
    mutating func gesture(
        _ message: PublishMessage, in payload: RawSpan, at id: AddressID, from session: SessionIndex,
        into output: inout HubOutput
    ) {
        let key = GestureTable.Key(session: session, id: id, gesture: message.id ?? 0)
        switch message.phase {
        case .start:
            begin(key)
            tell(message, in: payload, at: id, from: session, into: &output)
        case .move:
            guard gestures[key] != nil else {
                return tell(message, in: payload, at: id, from: session, into: &output)
            }
            gather(message, in: payload, key, into: &output)
        case .end, .cancel:
            if let gesture = finish(key), let move = gesture.move { forward(move, key, into: &output) }
            tell(message, in: payload, at: id, from: session, into: &output)
        }
    }

    private mutating func begin(_ key: GestureTable.Key) {
        let isNew = gestures[key] == nil
        guard !isNew || sessions[Int(key.session)].gestures < limits.maxGestures else { return }
        gestures.start(key, at: now.uptime)
        guard isNew else { return }
        sessions[Int(key.session)].gestures += 1
        addresses.pin(key.id)
    }

    private mutating func finish(_ key: GestureTable.Key) -> GestureTable.Gesture? {
        guard let gesture = gestures.end(key) else { return nil }
        sessions[Int(key.session)].gestures -= 1
        addresses.unpin(key.id)
        return gesture
    }

    private mutating func gather(
        _ message: PublishMessage, in payload: RawSpan, _ key: GestureTable.Key, into output: inout HubOutput
    ) {
        guard let frame = publishFrame(message, in: payload, addresses[key.id].rules, into: &output) else { return }
        if gestures.wait(key, output.frame(frame).array) { counters.coalescedMoves &+= 1 }
        guard !gestures.isTicking else { return }
        gestures.isTicking = true
        deadlines.add(.gestures, at: now.uptime + limits.gestureInterval)
    }

    /// Passes on the moves that wait, and forgets gestures that never ended.
    mutating func forwardMoves(into output: inout HubOutput) {
        gestures.isTicking = false
        for (key, move) in gestures.takeWaiting() { forward(move, key, into: &output) }
        let (time, timeout) = (now.uptime, limits.gestureTimeout)
        for key in gestures.keys(where: { time >= $1.started + timeout }) { _ = finish(key) }
    }

    private mutating func forward(_ move: [UInt8], _ key: GestureTable.Key, into output: inout HubOutput) {
        counters.published &+= 1
        guard patterns.count > 0, let frame = output.frame(move) else { return }
        let place = matches.find(key.id, .gesture) ?? fillMatches(key.id, .gesture)
        let audience = matches[place]
        let kind = HubOutput.Kind.newestMove(key.id, from: key.session, gesture: key.gesture)
        deliver(frame, to: audience, except: key.session, kind, into: &output)
        for listener in audience.paced where listener.session != key.session {
            output.send(frame, to: listener.session, kind)
        }
    }

    mutating func dropGestures(of session: SessionIndex) {
        guard !gestures.isEmpty else { return }
        for key in gestures.keys(where: { key, _ in key.session == session }) { _ = finish(key) }
    }
}
