package import RelayStorage
import RelayProtocol

/// REPLAY: what happened, from the journal. The end is an ACK when all that was asked for was there, and an ERROR when
/// not; whoever came back learns so whether he has missed something.
extension Hub {
    mutating func replay(
        _ message: ReplayMessage, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        let session = sender.session
        let text = payload.bytes(message.pattern)
        let split = ReplayRequest.Start.split(text)
        let wanted = split?.pattern ?? ByteRange(0, count: text.byteCount)
        guard let pattern = Pattern(text.bytes(wanted)) else {
            return refuse(.invalidPattern, at: text, session, into: &output)
        }
        if let access = sessions[Int(session)].access, !access.maySubscribe(to: pattern) {
            return refuse(.missingScope("replaying"), at: text, session, into: &output)
        }
        output.replay(
            ReplayRequest(
                session: session, generation: sessions[Int(session)].generation, text: text.array, pattern: pattern,
                start: split?.start, from: message.from, to: message.to, limit: message.limit, types: message.types,
                wantsAcknowledgement: sender.wantsAcknowledgement))
    }

    /// Whether whoever asked is still there.
    package func isAwaited(_ request: ReplayRequest) -> Bool {
        let mine = sessions[Int(request.session)]
        return mine.phase == .live && mine.generation == request.generation
    }

    /// Nothing is kept, or too much is being asked.
    package mutating func cannotReplay(_ request: ReplayRequest, keepsJournal: Bool, into output: inout HubOutput) {
        let refusal =
            keepsJournal
            ? Refusal(429, "TooManyReplays: ask again when others have been answered") : .notImplemented
        refuse(refusal, at: request.text.rawSpan, request.session, into: &output)
    }

    /// Passes on a piece of the answer.
    package mutating func replayed(
        _ slice: HistorySlice, for request: inout ReplayRequest, at now: Moment, into output: inout HubOutput
    ) {
        self.now = now
        for record in slice.records { tell(record.entry, &request, into: &output) }
        guard let end = slice.end else { return }
        tellPresent(request, into: &output)
        guard end.isComplete else {
            let text =
                "Incomplete: the history begins at position \(end.oldest) of epoch \(String(end.epoch, radix: 16))"
            return refuse(Refusal(404, text), at: request.text.rawSpan, request.session, into: &output)
        }
        guard request.wantsAcknowledgement else { return }
        let (text, position) = (request.text, slice.position)
        let frame = output.frame { writer throws(WireError) in
            try writer.acknowledgementFrame(address: text.rawSpan, revision: position)
        }
        if let frame { output.send(frame, to: request.session) }
    }

    private mutating func tell(_ entry: JournalEntry, _ request: inout ReplayRequest, into output: inout HubOutput) {
        switch entry {
        case .bundle(let entries):
            for entry in entries { tell(entry, &request, into: &output) }
        case .set(let address, let value, _, let stamp):
            guard mayHearOf(address, request), let value = StoredValue(encoded: value.rawSpan) else { return }
            request.told[address] = stamp.revision
            tell(value, stamp.revision, at: address, request, into: &output)
        case .remove(let address, let revision, _):
            guard mayHearOf(address, request) else { return }
            request.told[address] = revision
            tell(.null, revision, at: address, request, into: &output)
        case .signal(_, let address, let message, _, _):
            guard mayHearOf(address, request) else { return }
            let frame = output.frame { writer throws(WireError) in
                try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                    try writer.append(message.rawSpan)
                }
            }
            if let frame { output.send(frame, to: request.session) }
        }
    }

    /// Rights and rules are those of now, not of then.
    private func mayHearOf(_ address: [UInt8], _ request: ReplayRequest) -> Bool {
        guard let access = sessions[Int(request.session)].access else { return true }
        return access.mayRead(address.rawSpan)
            && isVisible(address.rawSpan, policy.rules(for: address.rawSpan), to: access)
    }

    private mutating func tell(
        _ value: StoredValue, _ revision: UInt64, at address: [UInt8], _ request: ReplayRequest,
        into output: inout HubOutput
    ) {
        if let frame = setFrame(address, value, revision, into: &output) { output.send(frame, to: request.session) }
    }

    /// What is stored now comes last, whatever was said meanwhile: nobody is left with an old value.
    private mutating func tellPresent(_ request: ReplayRequest, into output: inout HubOutput) {
        for (address, revision) in request.told {
            guard let id = addresses.find(address.rawSpan), let param = params[id], param.revision != revision,
                !param.isExpired(at: now.uptime), let frame = setFrame(of: id, param, into: &output)
            else { continue }
            output.send(frame, to: request.session)
        }
    }

    // MARK: Where the history stands

    /// Answers a GET of `Reserved.position`.
    mutating func tellPosition(to session: SessionIndex, into output: inout HubOutput) {
        guard let epoch = historyEpoch else { return }
        let address = Array(Reserved.position.description.utf8)
        let (position, time) = (output.journal.sequence, now.unix)
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                try writer.u8(MessageType.snapshot.rawValue)
                try writer.u16(1)
                try writer.text(address.rawSpan)
                try writer.value(
                    .map([
                        ("epoch", .string(String(epoch, radix: 16))),
                        ("position", .int(Int64(clamping: position))),
                    ]))
                try writer.u64(max(1, position))
                try writer.u8(0x02)
                try writer.u64(time)
            }
        }
        if let frame { output.send(frame, to: session) }
    }
}
