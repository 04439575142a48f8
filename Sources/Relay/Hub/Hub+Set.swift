import RelayProtocol
import RelayStorage

/// SET: the gate, what the state says, the store, everybody who listens, the journal, the ACK.
extension Hub {
    @inline(__always)
    mutating func set(
        _ message: SetMessage, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        let address = payload.bytes(message.address)
        let known = addresses.find(address)
        let value = ValueBytes(message.value, in: payload)
        if let refusal = objection(to: sender.session, writing: value, at: address, known) {
            return refuse(refusal, at: address, sender.session, into: &output)
        }
        guard let id = known ?? internIdle(address) else {
            return refuse(.invalidAddress, at: address, sender.session, into: &output)
        }
        let previous = standing(id, into: &output)
        let state = WriteState(previous)
        if let refusal = objection(to: message, from: sender.session, given: state, at: id) {
            return refuse(refusal, at: address, sender.session, into: &output)
        }
        let revision = apply(message, in: payload, to: id, previous, from: sender, into: &output)
        if sender.wantsAcknowledgement {
            acknowledge(address: address, revision: revision, to: sender, into: &output)
        }
    }

    mutating func acknowledge(
        address: RawSpan?, revision: UInt64?, to sender: Sender, into output: inout HubOutput
    ) {
        let frame = output.frame { writer throws(WireError) in
            try writer.acknowledgementFrame(address: address, revision: revision)
        }
        guard let frame else { return }
        output.acknowledge(frame, to: sender.session, isCommit: sender.qualityOfService == .commit)
    }

    /// The number of a valid address that has no param yet.
    mutating func internIdle(_ address: RawSpan) -> AddressID? {
        guard let id = addresses.intern(address) else { return nil }
        addresses.release(id)
        return id
    }

    /// What is stored. A param whose time is over is taken away first, so that nobody meets it again.
    @inline(__always)
    mutating func param(_ id: AddressID, into output: inout HubOutput) -> Param? {
        guard let param = params[id] else { return nil }
        guard param.isExpired(at: now.uptime) else { return param }
        counters.expired &+= 1
        remove(id, param, into: &output)
        return nil
    }

    /// The same without the value.
    @inline(__always)
    mutating func standing(_ id: AddressID, into output: inout HubOutput) -> ParamStanding? {
        guard let standing = params.standing(id) else { return nil }
        guard standing.isExpired(at: now.uptime) else { return standing }
        return param(id, into: &output)?.standing
    }

    // MARK: What the state objects to

    /// As much of a param as the next write to it has to respect. A bundle works out its writes on these first.
    struct WriteState {
        var revision: UInt64 = 0
        var lockHolder: Int32 = -1

        init(_ param: ParamStanding?) {
            guard let param else { return }
            revision = param.revision
            lockHolder = param.lockHolder
        }

        /// As it is after the message was carried out.
        mutating func apply(_ message: SetMessage, by session: SessionIndex) {
            revision += 1
            if message.unlock { lockHolder = -1 }
            if message.lock { lockHolder = Int32(truncatingIfNeeded: session) }
        }
    }

    @inline(__always)
    func objection(
        to message: SetMessage, from session: SessionIndex, given state: WriteState, at id: AddressID,
        newParams: Int = 0
    ) -> Refusal? {
        if isReadOnly { return Refusal(503, "ReadOnly: the storage takes no writes at the moment; try again later") }
        if state.revision == 0 { return objectionToNew(session, newParams) ?? objectionToSize(message, at: id) }
        if let expected = message.revision, expected != state.revision {
            return Refusal(400, "RevisionConflict: expected \(expected), actual \(state.revision)")
        }
        if state.lockHolder >= 0, state.lockHolder != Int32(truncatingIfNeeded: session) {
            return Refusal(400, "LockHeld: by session \(name(of: SessionIndex(state.lockHolder)))")
        }
        return objectionToSize(message, at: id)
    }

    private func objectionToNew(_ session: SessionIndex, _ newParams: Int) -> Refusal? {
        if limits.maxParams > 0, params.count + newParams >= limits.maxParams {
            return Refusal(
                400, "AtCapacity: the relay keeps at most \(limits.maxParams) params (max-params)", .maxParams)
        }
        guard let subject = sessions[Int(session)].access?.subject else { return nil }
        let isGuest = sessions[Int(session)].isGuest
        let mayCreate = isGuest ? limits.maxCreatedPerGuest : limits.maxCreatedPerUser
        guard mayCreate > 0, creators.count(of: subject) + newParams >= mayCreate else { return nil }
        return Refusal(
            400, "AtCapacity: a \(isGuest ? "guest" : "user") has at most \(mayCreate) params of his own making",
            isGuest ? .maxParamsPerGuest : .maxParamsPerUser)
    }

    /// A SNAPSHOT says more about a param than the SET that wrote it, and must fit a frame all the same.
    @inline(__always)
    private func objectionToSize(_ message: SetMessage, at id: AddressID) -> Refusal? {
        guard Int(message.value.data.count) > Self.unquestionedValueBytes else { return nil }
        let value = StoredValue.canonicalBound(message.value)
        let room = Self.maxParamBytes - addresses.address(of: id).byteCount - 1
        return value <= room ? nil : Refusal(400, "ValueTooLarge: at most \(room) bytes at this address")
    }

    private static let unquestionedValueBytes = 4096
    /// What address, type code and data of a param may take together: around them are the message's head, two lengths,
    /// revision, flags, session id and timestamp.
    static let maxParamBytes = WireLimits.maxPayloadBytes - (3 + 2 + 8 + 1 + 2 + SessionID.textBytes + 8)

    func name(of session: SessionIndex) -> String {
        guard Int(session) < sessions.count, let id = sessions[Int(session)].id else { return "unknown" }
        return String(decoding: id.text, as: UTF8.self)
    }

    // MARK: Carrying it out

    /// Writes the value and tells everybody. Nothing can refuse it any more.
    @inline(__always)
    @discardableResult
    mutating func apply(
        _ message: SetMessage, in payload: RawSpan, to id: AddressID, _ previous: ParamStanding?, from sender: Sender,
        into output: inout HubOutput
    ) -> UInt64 {
        var param = previous ?? ParamStanding()
        param.revision &+= 1
        // Another relay's clock, or this one's before it was set back, may have been ahead.
        param.timestamp = max(now.unix, param.timestamp)
        let writer = writer(sender.session)
        if param.writer != writer {
            writers.retain(writer)
            writers.release(param.writer)
            param.writer = writer
        }
        if message.lock || message.unlock { updateLock(&param, message, sender.session, id) }
        if message.timeToLive != nil || param.timeToLive != nil || limits.paramTimeToLive > 0 {
            updateLifetime(&param, message.timeToLive, id)
        }
        if previous == nil {
            param.address = addresses.place(of: id)
            if let creator = sessions[Int(sender.session)].access?.subject { creators.add(id, by: creator) }
        }
        let rules = addresses[id].rules
        let wasPresent = policy.mayHide && params.isPresent(id)
        output.record(
            param, message.value, in: payload, address: addresses.address(of: id), writer: writers.name(of: writer))
        params.replace(id, with: param, message.value, in: payload)
        counters.accepted &+= 1
        let isPresent = message.value.type != .null
        if rules.mayBePresence { updatePresence(id, isPresent: isPresent, sender.session) }
        if policy.mayHide, wasPresent != isPresent { visibilityChanged(by: id) }
        if patterns.count > 0 {
            broadcast(message, in: payload, revision: param.revision, at: id, rules, into: &output)
        }
        return param.revision
    }

    /// The number of a session's name. Most sessions listen and never write, so they have none.
    @inline(__always)
    mutating func writer(_ session: SessionIndex) -> WriterID {
        let known = sessions[Int(session)].writer
        return known == WriterTable.nobody ? nameWriter(session) : known
    }

    @inline(never)
    private mutating func nameWriter(_ session: SessionIndex) -> WriterID {
        guard let id = sessions[Int(session)].id else { return WriterTable.nobody }
        let writer = writers.retain(id.text)
        sessions[Int(session)].writer = writer
        return writer
    }

    private mutating func updateLock(
        _ param: inout ParamStanding, _ message: SetMessage, _ session: SessionIndex, _ id: AddressID
    ) {
        let mine = Int32(truncatingIfNeeded: session)
        if message.unlock, param.lockHolder == mine {
            param.lockHolder = -1
            sessions[Int(session)].locks.remove(id)
        }
        if message.lock, param.lockHolder != mine {
            param.lockHolder = mine
            sessions[Int(session)].locks.insert(id)
        }
    }

    @inline(never)
    private mutating func updateLifetime(_ param: inout ParamStanding, _ given: TimeToLive?, _ id: AddressID) {
        if let given {
            param.timeToLive = given
            param.lifetimeStart = now.unix
        } else if case .absolute = param.timeToLive {
            return
        }
        param.deadline = deadline(of: param)
        lookAgain(at: id, by: param.deadline)
    }

    // MARK: Telling

    @inline(__always)
    private mutating func broadcast(
        _ message: SetMessage, in payload: RawSpan, revision: UInt64, at id: AddressID, _ rules: AddressRules,
        into output: inout HubOutput
    ) {
        let place = matches.find(id, .param) ?? fillMatches(id, .param)
        guard !matches.isEmpty(place) else { return }
        let audience = matches[place]
        var told = message
        told.revision = revision
        let frame =
            rules.isRedacted
            ? redactedSet(told, in: payload, into: &output)
            : output.frame { writer throws(WireError) in
                try MessageEncoder.setFrame(told, in: payload, into: &writer)
            }
        guard let frame else { return }
        deliver(frame, to: audience, .newestParam(id), into: &output)
        if !audience.paced.isEmpty {
            pace(id, .param, StoredValue.number(message.value, in: payload), frame, audience, into: &output)
        }
    }

    /// The members that nobody is shown, left out of what everybody is told.
    @inline(never)
    private func redactedSet(
        _ message: SetMessage, in payload: RawSpan, into output: inout HubOutput
    ) -> HubOutput.Slice? {
        let address = payload.bytes(message.address)
        let value = ValueBytes(message.value, in: payload)
        guard let data = policy.redaction(of: address)?.data(of: value) else {
            return output.frame { writer throws(WireError) in
                try MessageEncoder.setFrame(message, in: payload, into: &writer)
            }
        }
        let reference = ValueReference(
            type: .map, isCanonical: message.value.isCanonical, data: ByteRange(0, count: data.count))
        return output.frame { writer throws(WireError) in
            try ClaspFrame.write(.confirm, into: &writer) { writer throws(WireError) in
                try writer.set(
                    address: address, value: reference, in: data.rawSpan, revision: message.revision,
                    timeToLive: message.timeToLive, lock: message.lock, unlock: message.unlock)
            }
        }
    }
}
