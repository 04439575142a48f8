import RelayProtocol

/// BUNDLE: several SETs and PUBLISHes that all happen, in their order, or none of them.
extension Hub {
    mutating func bundle(
        _ message: BundleMessage, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        // The bundle itself is paid for; what it carries counts as well.
        if message.messages.count > 1, sessions[Int(sender.session)].bucket != nil, limits.messageRate > 0,
            !takes(min(message.messages.count - 1, limits.messageBurst - 1), sender.session, into: &output)
        {
            return
        }
        guard let time = message.timestamp, time > now.unix else {
            return run(message.messages, in: payload, from: sender, into: &output)
        }
        let mine = sessions[Int(sender.session)].pendingBundles
        if let refusal = objection(toWaitUntil: time, pending: mine, payload.byteCount) {
            return refuse(refusal, at: nil, sender.session, into: &output)
        }
        sessions[Int(sender.session)].pendingBundles += 1
        bundles.add(payload.array, of: sender.session, at: time, sender.qualityOfService)
        planBundle(at: time)
    }

    private func objection(toWaitUntil time: UInt64, pending: UInt16, _ bytes: Int) -> Refusal? {
        if time - now.unix > limits.maxBundleDelay {
            return Refusal(400, "TooFarAhead: a bundle waits at most \(limits.maxBundleDelay / 1_000_000) seconds")
        }
        if pending >= limits.maxPendingBundles {
            return Refusal(400, "TooManyBundles: at most \(limits.maxPendingBundles) of a session wait")
        }
        if bundles.bytes + bytes > limits.maxPendingBundleBytes {
            return Refusal(400, "TooManyBundles: at most \(limits.maxPendingBundleBytes) bytes of bundles wait")
        }
        return nil
    }

    /// Runs what was put off until now. Rights are looked at again, as everything is.
    mutating func runBundles(into output: inout HubOutput) {
        while let bundle = bundles.takeDue(at: now.unix) {
            sessions[Int(bundle.session)].pendingBundles -= 1
            guard sessions[Int(bundle.session)].phase == .live else { continue }
            let payload = bundle.payload
            guard case .bundle(let message)? = try? MessageDecoder.decode(payload.rawSpan) else { continue }
            let sender = Sender(
                session: bundle.session, qualityOfService: bundle.qualityOfService, timestamp: nil)
            run(message.messages, in: payload.rawSpan, from: sender, into: &output)
        }
        // The clock may have been set back since that was planned.
        if let next = bundles.next { planBundle(at: next) }
    }

    private mutating func planBundle(at time: UInt64) {
        let planned = now.uptime + (time > now.unix ? time - now.unix : 1)
        guard nextBundle <= now.uptime || planned < nextBundle else { return }
        nextBundle = planned
        deadlines.add(.bundle, at: planned)
    }

    /// One message of a bundle; its ranges are of `payload`.
    private struct Item {
        enum Content {
            case set(SetMessage)
            case publish(PublishMessage)
        }

        let content: Content
        let payload: ByteRange
        let id: AddressID
    }

    private mutating func run(
        _ messages: ItemList, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        guard let items = checked(messages, in: payload, from: sender, into: &output) else { return }
        var last: UInt64?
        output.journal.beginBundle()
        for item in items {
            let inner = payload.bytes(item.payload)
            switch item.content {
            case .set(let message):
                let previous = standing(item.id, into: &output)
                last = apply(message, in: inner, to: item.id, previous, from: sender, into: &output)
            case .publish(let message):
                tell(message, in: inner, at: item.id, from: sender.session, into: &output)
            }
            addresses.unpin(item.id)
        }
        output.journal.endBundle()
        if sender.wantsAcknowledgement {
            acknowledge(address: nil, revision: last, to: sender, into: &output)
        }
    }

    /// Looks at every message as if those before it had been carried out. Nil, and an ERROR is sent, when one may not be.
    private mutating func checked(
        _ messages: ItemList, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) -> [Item]? {
        var items: [Item] = []
        var states: [AddressID: WriteState] = [:]
        var newParams = 0
        var reader = ByteReader(payload, at: Int(messages.bytes.start))
        for _ in 0..<messages.count {
            guard let range = try? reader.bundledPayload() else { break }
            let inner = payload.bytes(range)
            guard let message = try? MessageDecoder.decode(inner) else { continue }
            let result = check(message, in: inner, range, sender.session, &states, &newParams, into: &output)
            switch result {
            case .success(let item?):
                addresses.pin(item.id)
                items.append(item)
            case .success(nil): continue
            case .failure(let refused):
                for item in items { addresses.unpin(item.id) }
                let address = inner.bytes(refused.address)
                refuse(refused.refusal.inBundle, at: address, sender.session, into: &output)
                return nil
            }
        }
        return items
    }

    private struct Refused: Error {
        let refusal: Refusal
        let address: ByteRange
    }

    /// Nil for what has no place in a bundle; it is passed over.
    private mutating func check(
        _ message: Message, in inner: RawSpan, _ range: ByteRange, _ session: SessionIndex,
        _ states: inout [AddressID: WriteState], _ newParams: inout Int, into output: inout HubOutput
    ) -> Result<Item?, Refused> {
        switch message {
        case .set(let message):
            let address = inner.bytes(message.address)
            let value = ValueBytes(message.value, in: inner)
            if let refusal = objection(to: session, writing: value, at: address, addresses.find(address)) {
                return .failure(Refused(refusal: refusal, address: message.address))
            }
            guard let id = addresses.find(address) ?? internIdle(address) else {
                return .failure(Refused(refusal: .invalidAddress, address: message.address))
            }
            var state = states[id] ?? WriteState(standing(id, into: &output))
            let refusal = objection(to: message, from: session, given: state, at: id, newParams: newParams)
            if let refusal { return .failure(Refused(refusal: refusal, address: message.address)) }
            if state.revision == 0 { newParams += 1 }
            state.apply(message, by: session)
            states[id] = state
            return .success(Item(content: .set(message), payload: range, id: id))
        case .publish(let message):
            let address = inner.bytes(message.address)
            var value = ValueBytes()
            if case .value(let reference) = message.content { value = ValueBytes(reference, in: inner) }
            if let refusal = objection(to: session, writing: value, at: address, addresses.find(address)) {
                return .failure(Refused(refusal: refusal, address: message.address))
            }
            guard let id = addresses.find(address) ?? internIdle(address) else {
                return .failure(Refused(refusal: .invalidAddress, address: message.address))
            }
            return .success(Item(content: .publish(message), payload: range, id: id))
        default:
            return .success(nil)
        }
    }
}
