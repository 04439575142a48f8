import RelayProtocol

/// Snapshots, in slices: as much as the peer takes, and never so much that others notice.
extension Hub {
    /// Starts telling a session, behind what it is being told already.
    mutating func begin(_ job: SnapshotJob, for session: SessionIndex, into output: inout HubOutput) {
        sessions[Int(session)].snapshots.append(job)
        guard sessions[Int(session)].snapshots.count == 1 else { return }
        advanceSnapshots(of: session, into: &output)
    }

    /// Little waits for the session's socket: it can take more, of a snapshot or of what it missed.
    package mutating func drained(_ session: SessionIndex, at now: Moment, into output: inout HubOutput) {
        self.now = now
        let place = Int(session)
        guard place < sessions.count, sessions[place].phase == .live else { return }
        sessions[place].awaitsRoom = false
        sessions[place].snapshotCredit = limits.snapshotSlice
        if sessions[place].missed != nil, !catchingUp.contains(session) {
            tellMissedStreams(to: session, into: &output)
            catchingUp.append(session)
            sessions[place].snapshots.append(SnapshotJob(.missed))
        }
        advanceSnapshots(of: session, into: &output)
    }

    /// A frame was not queued for sessions that lag. They get what is newest when they have caught up.
    package mutating func missed(
        _ delivery: HubOutput.Delivery, by lagging: [SessionIndex], _ output: borrowing HubOutput
    ) {
        counters.conflated &+= UInt64(lagging.count)
        for session in lagging {
            let place = Int(session)
            guard sessions[place].phase == .live else { continue }
            if sessions[place].missed == nil {
                sessions[place].missed = MissedUpdates()
                missing.append(session)
            }
            switch delivery.kind {
            case .every: continue
            case .newestParam(let id): sessions[place].missed?.note(id)
            case .newestStream(let id): noteMissed(StreamKey(stream: id), delivery.frame, session, output)
            case .newestMove(let id, let sender, let gesture):
                noteMissed(StreamKey(move: id, sender, gesture), delivery.frame, session, output)
            }
        }
    }

    private mutating func noteMissed(
        _ key: StreamKey, _ frame: HubOutput.Slice, _ session: SessionIndex, _ output: borrowing HubOutput
    ) {
        let stream = MissedUpdates.Stream(
            key: key, generation: addresses[key.id].generation, frame: output.frame(frame).array)
        sessions[Int(session)].missed?.note(stream, limits: limits)
    }

    private mutating func advanceSnapshots(of session: SessionIndex, into output: inout HubOutput) {
        let place = Int(session)
        while sessions[place].snapshotCredit > 0, var job = sessions[place].snapshots.first {
            if case .matching(let pattern) = job.source { job.source = source(of: pattern) }
            let isDone =
                if case .missed = job.source {
                    advanceMissed(&job, session, into: &output)
                } else {
                    advance(&job, session, into: &output)
                }
            if isDone { sessions[place].snapshots.removeFirst() } else { sessions[place].snapshots[0] = job }
        }
        let wantsRoom = !sessions[place].snapshots.isEmpty || sessions[place].snapshotCredit <= 0
        if wantsRoom, !sessions[place].awaitsRoom {
            sessions[place].awaitsRoom = true
            output.awaitRoom(session)
        }
    }

    /// Looking at an address costs something as well, even if it is not told.
    private static let costOfALook: Int32 = 8

    /// Sends the next SNAPSHOT of a job; true when nothing is left.
    private mutating func advance(
        _ job: inout SnapshotJob, _ session: SessionIndex, into output: inout HubOutput
    ) -> Bool {
        var told = 0
        var cost: Int32 = 0
        var position = job.position
        let (source, credit) = (job.source, sessions[Int(session)].snapshotCredit)
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                let start = writer.count
                try writer.u8(MessageType.snapshot.rawValue)
                try writer.u16(0)
                while told < WireLimits.maxSnapshotParams, cost < credit, let id = next(in: source, at: position) {
                    if isTold(id, by: source, to: session), let param = params[id] {
                        let before = writer.count
                        let fits = (try? append(param, at: id, to: &writer)) != nil
                        if !fits || writer.count - start > WireLimits.maxPayloadBytes {
                            writer.rewind(to: before)
                            if told > 0 { break }
                        } else {
                            told += 1
                        }
                    }
                    position += 1
                    cost += Self.costOfALook
                }
                writer.patch(UInt16(told), at: start + 1)
            }
        }
        job.position = position
        sessions[Int(session)].snapshotCredit -= cost
        let isDone = next(in: job.source, at: position) == nil
        var isOwed = told > 0
        if case .everything = source, isDone, !job.hasSpoken { isOwed = true }
        if isOwed, let frame {
            sessions[Int(session)].snapshotCredit -= frame.count
            job.hasSpoken = true
            output.send(frame, to: session)
        }
        return isDone
    }

    private func next(in source: SnapshotJob.Source, at position: AddressID) -> AddressID? {
        switch source {
        case .everything, .scan: position < addresses.limit ? position : nil
        case .list(_, let ids): Int(position) < ids.count ? ids[Int(position)] : nil
        case .matching, .missed: nil
        }
    }

    private func isTold(_ id: AddressID, by source: SnapshotJob.Source, to session: SessionIndex) -> Bool {
        guard let param = params[id], !param.isExpired(at: now.uptime) else { return false }
        let address = addresses.address(of: id)
        switch source {
        case .everything, .missed: break
        case .matching(let pattern), .scan(let pattern), .list(let pattern, _):
            guard pattern.matches(address) else { return false }
        }
        return mayRead(session, address, id)
    }

    /// One param of a SNAPSHOT.
    func append(_ param: Param, at id: AddressID, to writer: inout ByteWriter) throws(WireError) {
        let address = addresses.address(of: id)
        try writer.text(address)
        if addresses[id].rules.isRedacted {
            try writer.value(redacted(param.value, at: address))
        } else {
            try writer.value(param.value)
        }
        try writer.u64(param.revision)
        let author = writers.name(of: param.writer)
        try writer.u8(author.isEmpty ? 0x02 : 0x03)
        if !author.isEmpty { try writer.text(author.rawSpan) }
        try writer.u64(param.timestamp)
    }

    private func redacted(_ value: StoredValue, at address: RawSpan) -> StoredValue {
        guard case .encoded(let bytes) = value, let redaction = policy.redaction(of: address) else { return value }
        return .encoded(redaction.encoded(bytes))
    }

    // MARK: Catching up

    /// Sends the newest values of what was missed; true when nothing is left.
    private mutating func advanceMissed(
        _ job: inout SnapshotJob, _ session: SessionIndex, into output: inout HubOutput
    ) -> Bool {
        let place = Int(session)
        while sessions[place].snapshotCredit > 0 {
            guard let id = sessions[place].missed?.next(from: job.position) else {
                // While it caught up it may have missed more, at addresses that it has behind it.
                if job.position > 0 {
                    job.position = 0
                    continue
                }
                tellMissedStreams(to: session, into: &output)
                forgetMissed(of: session)
                return true
            }
            job.position = id
            let listening = Int32(truncatingIfNeeded: min(sessions[place].subscriptions.count, 1000))
            sessions[place].snapshotCredit -= Self.costOfALook + listening
            guard let param = params[id], !param.isExpired(at: now.uptime), hears(session, id, .param),
                let frame = setFrame(of: id, param, into: &output)
            else { continue }
            sessions[place].snapshotCredit -= frame.count
            output.send(frame, to: session)
        }
        return false
    }

    private mutating func tellMissedStreams(to session: SessionIndex, into output: inout HubOutput) {
        for stream in sessions[Int(session)].missed?.takeStreams() ?? [] {
            let id = stream.key.id
            guard addresses[id].generation == stream.generation, hears(session, id, stream.key.signal),
                let frame = output.frame(stream.frame)
            else { continue }
            output.send(frame, to: session)
        }
    }

    mutating func forgetMissed(of session: SessionIndex) {
        sessions[Int(session)].missed = nil
        missing.removeAll { $0 == session }
        catchingUp.removeAll { $0 == session }
    }

    /// Whether a session still gets what is written at an address.
    private func hears(_ session: SessionIndex, _ id: AddressID, _ signal: Signal) -> Bool {
        let address = addresses.address(of: id)
        guard mayRead(session, address, id) else { return false }
        return sessions[Int(session)].subscriptions.contains {
            $0.types.admits(signal) && patterns.pattern(of: $0.entry)?.matches(address) == true
        }
    }

    /// A SET that says what is stored.
    mutating func setFrame(of id: AddressID, _ param: Param, into output: inout HubOutput) -> HubOutput.Slice? {
        setFrame(addresses.address(of: id).array, param.value, param.revision, into: &output)
    }

    mutating func setFrame(
        _ address: [UInt8], _ value: StoredValue, _ revision: UInt64, into output: inout HubOutput
    ) -> HubOutput.Slice? {
        let value = policy.hasTransforms ? redacted(value, at: address.rawSpan) : value
        return value.withEncoded { encoded in
            guard let type = ValueType(rawValue: encoded.byte(at: 0)) else { return nil }
            let reference = ValueReference(
                type: type, isCanonical: true, data: ByteRange(1, count: encoded.byteCount - 1))
            return output.frame { writer throws(WireError) in
                try ClaspFrame.write(.confirm, into: &writer) { writer throws(WireError) in
                    try writer.set(
                        address: address.rawSpan, value: reference, in: encoded, revision: revision,
                        timeToLive: nil, lock: false, unlock: false)
                }
            }
        }
    }
}
