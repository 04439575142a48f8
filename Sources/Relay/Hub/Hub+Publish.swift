import RelayProtocol

/// PUBLISH: passed on to everybody who listens, except to whom it came from, and not kept as a param.
extension Hub {
    mutating func publish(
        _ message: PublishMessage, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        let address = payload.bytes(message.address)
        let known = addresses.find(address)
        let value: ValueBytes
        if case .value(let reference) = message.content {
            value = ValueBytes(reference, in: payload)
        } else {
            value = ValueBytes()
        }
        if let refusal = objection(to: sender.session, writing: value, at: address, known) {
            return refuse(refusal, at: address, sender.session, into: &output)
        }
        if let target = PeerSignal.target(of: address) {
            return pass(message, in: payload, to: target, address, from: sender.session, into: &output)
        }
        guard let id = known ?? internIdle(address) else { return }
        if message.signal == .gesture {
            gesture(message, in: payload, at: id, from: sender.session, into: &output)
        } else {
            tell(message, in: payload, at: id, from: sender.session, into: &output)
        }
    }

    /// Everybody who listens hears it, and whoever comes later, if somebody asked for that.
    mutating func tell(
        _ message: PublishMessage, in payload: RawSpan, at id: AddressID, from session: SessionIndex,
        into output: inout HubOutput
    ) {
        counters.published &+= 1
        let rules = addresses[id].rules
        let audience = audience(id, message.signal)
        let isKept =
            message.signal != .gesture && message.signal != .param
            && (rules.keepsHistory || audience.wantsHistory || recent.has(id))
        if message.signal == .gesture {
            overtake(StreamKey(move: id, session, message.id ?? 0), audience, except: session)
        }
        guard isKept || !audience.isEmpty else { return }
        guard let frame = publishFrame(message, in: payload, rules, into: &output) else { return }
        let kind: HubOutput.Kind = message.signal == .stream ? .newestStream(id) : .every
        deliver(frame, to: audience, except: session, kind, into: &output)
        if !audience.paced.isEmpty { tellPaced(message, in: payload, at: id, frame, audience, session, into: &output) }
        if isKept { keep(frame, message.signal, at: id, rules, session, into: &output) }
    }

    private mutating func audience(_ id: AddressID, _ signal: Signal) -> MatchCache.Audience {
        guard patterns.count > 0 else { return .nobody }
        // Two steps: in one, the cache is read as it was before it was filled.
        let place = matches.find(id, signal) ?? fillMatches(id, signal)
        return matches[place]
    }

    mutating func publishFrame(
        _ message: PublishMessage, in payload: RawSpan, _ rules: AddressRules, into output: inout HubOutput
    ) -> HubOutput.Slice? {
        if rules.isRedacted, case .value(let value) = message.content,
            let data = policy.redaction(of: payload.bytes(message.address))?.data(of: ValueBytes(value, in: payload))
        {
            // The whole message again, with a shorter value behind its other parts.
            return redactedPublish(message, in: payload, data, isCanonical: value.isCanonical, into: &output)
        }
        return output.frame { writer throws(WireError) in
            try MessageEncoder.frame(.publish(message), in: payload, into: &writer)
        }
    }

    private mutating func redactedPublish(
        _ message: PublishMessage, in payload: RawSpan, _ data: [UInt8], isCanonical: Bool,
        into output: inout HubOutput
    ) -> HubOutput.Slice? {
        var shown = message
        let address = payload.bytes(message.address).array
        shown.address = ByteRange(0, count: address.count)
        shown.content = .value(
            ValueReference(type: .map, isCanonical: isCanonical, data: ByteRange(address.count, count: data.count)))
        let together = address + data
        return output.frame { writer throws(WireError) in
            try MessageEncoder.frame(.publish(shown), in: together.rawSpan, into: &writer)
        }
    }

    /// Streams are thinned for those who asked for it; nothing else ever is.
    private mutating func tellPaced(
        _ message: PublishMessage, in payload: RawSpan, at id: AddressID, _ frame: HubOutput.Slice,
        _ audience: MatchCache.Audience, _ session: SessionIndex, into output: inout HubOutput
    ) {
        guard message.signal == .stream else {
            for listener in audience.paced where listener.session != session {
                counters.deliveries &+= 1
                output.send(frame, to: listener.session)
            }
            return
        }
        var number: Double?
        if case .value(let value) = message.content { number = StoredValue.number(value, in: payload) }
        pace(id, .stream, number, frame, audience, except: session, into: &output)
    }

    // MARK: For those who come later

    private mutating func keep(
        _ frame: HubOutput.Slice, _ signal: Signal, at id: AddressID, _ rules: AddressRules, _ session: SessionIndex,
        into output: inout HubOutput
    ) {
        let (isNew, forgotten) = recent.keep(output.frame(frame), signal, at: id, time: now.unix)
        if isNew { addresses.pin(id) }
        for id in forgotten { addresses.unpin(id) }
        guard rules.keepsHistory else { return }
        let payload = output.frame(frame).array
        let writer = writer(session)
        output.record(
            signal: signal.rawValue, address: addresses.address(of: id),
            message: payload.rawSpan.extracting(ClaspFrame.shortHeaderBytes..<payload.count),
            writer: writers.name(of: writer), at: now.unix)
    }

    /// What a subscription with `history` has missed.
    mutating func tellRecent(
        _ message: SubscribeMessage, _ pattern: Pattern, to session: SessionIndex, into output: inout HubOutput
    ) {
        guard let history = message.options?.history, history > 0 else { return }
        let window = message.options?.window.map { UInt64($0) * 1000 } ?? .max
        let since = now.unix > window ? now.unix - window : 0
        let entries = recent.newest(
            Int(min(history, UInt32(limits.maxRecentPerAddress))), since: since, of: message.types
        ) { id in
            let address = addresses.address(of: id)
            return pattern.matches(address) && mayRead(session, address, id)
        }
        for entry in entries {
            if let frame = output.frame(entry.frame) { output.send(frame, to: session) }
        }
    }

    // MARK: To one session

    private mutating func pass(
        _ message: PublishMessage, in payload: RawSpan, to target: SessionID?, _ address: RawSpan,
        from session: SessionIndex, into output: inout HubOutput
    ) {
        guard let target, let receiver = sessionsByID[target] else {
            let name = address.extracting(PeerSignal.prefix.utf8CodeUnitCount..<address.byteCount).text
            return refuse(Refusal(404, "SessionNotFound: \(name)"), at: address, session, into: &output)
        }
        counters.published &+= 1
        let frame = output.frame { writer throws(WireError) in
            try MessageEncoder.frame(.publish(message), in: payload, into: &writer)
        }
        if let frame { output.send(frame, to: receiver) }
    }
}

/// Addresses that lead to one session instead of to whoever listens.
enum PeerSignal {
    static let prefix: StaticString = "/clasp/p2p/signal/"
    /// Whoever listens here hears it, whatever types it asked for.
    private static let announcements: StaticString = "/clasp/p2p/announce"

    static func isAnnouncement(_ address: RawSpan) -> Bool { address.isEqual(to: announcements) }

    /// The session that an address means: outer nil when it means none, inner nil when there can be no such session.
    static func target(of address: RawSpan) -> SessionID?? {
        let count = prefix.utf8CodeUnitCount
        guard address.byteCount > count, address.extracting(0..<count).isEqual(to: prefix) else { return nil }
        let name = address.extracting(count..<address.byteCount)
        for offset in 0..<name.byteCount where name.byte(at: offset) == Address.separator { return nil }
        return .some(SessionID(name))
    }
}
