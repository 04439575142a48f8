import RelayProtocol

/// ANNOUNCE and QUERY: a directory of signals, kept for an hour.
extension Hub {
    private static let sweepInterval: UInt64 = 60_000_000

    mutating func announce(
        _ message: AnnounceMessage, in payload: RawSpan, from sender: Sender, into output: inout HubOutput
    ) {
        let namespace = payload.bytes(message.namespace)
        var reader = ByteReader(payload, at: Int(message.signals.bytes.start))
        for _ in 0..<message.signals.count {
            // It was validated as a whole, so there is a next one.
            guard let signal = try? reader.signalDefinition(withMeta: true) else { break }
            if let refusal = define(signal, in: payload, sender.session) {
                return refuse(refusal, at: payload.bytes(signal.address), sender.session, into: &output)
            }
        }
        if sender.wantsAcknowledgement {
            acknowledge(address: namespace, revision: nil, to: sender, into: &output)
        }
    }

    private mutating func define(_ signal: SignalDefinition, in payload: RawSpan, _ session: SessionIndex) -> Refusal? {
        let address = payload.bytes(signal.address)
        guard Address.isValid(address) else { return .invalidAddress }
        if let access = sessions[Int(session)].access, !access.mayWrite(address), !access.mayRead(address) {
            return .missingScope("announcing")
        }
        let key = address.array
        if definitions[key] == nil {
            guard definitions.count < limits.maxDefinitions else {
                return Refusal(
                    429, "TooManyDefinitions: the relay keeps at most \(limits.maxDefinitions)", .maxDefinitions)
            }
            guard sessions[Int(session)].announced < limits.maxDefinitionsPerSession else {
                return Refusal(
                    429, "TooManyDefinitions: a session announces at most \(limits.maxDefinitionsPerSession)",
                    .maxDefinitions)
            }
            sessions[Int(session)].announced += 1
        }
        var shown = signal
        shown.meta = nil
        // Three texts with their lengths, signal and flags.
        let room = 8 + [shown.address, shown.datatype, shown.access].reduce(0) { $0 + Int($1?.count ?? 0) }
        var bytes = [UInt8](repeating: 0, count: room)
        let count = try? bytes.withWriter { writer throws(WireError) in
            try writer.signalDefinition(shown, in: payload)
            return writer.count
        }
        guard let count else { return Refusal(101, "InvalidMessage: the definition is too long") }
        let lifetime = UInt64(limits.definitionTimeToLive) * 1_000_000
        definitions[key] = DefinitionTable.Definition(
            encoded: Array(bytes[..<count]), deadline: lifetime == 0 ? 0 : now.uptime + lifetime)
        if lifetime > 0, !definitions.isSwept {
            definitions.isSwept = true
            deadlines.add(.definitions, at: now.uptime + Self.sweepInterval)
        }
        return nil
    }

    mutating func sweepDefinitions() {
        definitions.sweep(at: now.uptime)
        definitions.isSwept = definitions.count > 0
        if definitions.isSwept { deadlines.add(.definitions, at: now.uptime + Self.sweepInterval) }
    }

    /// Answers with what fits one message.
    mutating func query(_ text: RawSpan, from session: SessionIndex, into output: inout HubOutput) {
        guard let pattern = Pattern(text) else {
            return refuse(.invalidPattern, at: text, session, into: &output)
        }
        let access = sessions[Int(session)].access
        let time = now.uptime
        let found = definitions.definitions.filter { address, definition in
            (definition.deadline == 0 || definition.deadline > time) && pattern.matches(address.rawSpan)
                && (access.map { $0.mayRead(address.rawSpan) || $0.mayWrite(address.rawSpan) } ?? true)
        }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                let start = writer.count
                try writer.u8(MessageType.result.rawValue)
                try writer.u16(0)
                var count: UInt16 = 0
                for (_, definition) in found {
                    guard writer.count - start + definition.encoded.count <= WireLimits.maxPayloadBytes,
                        count < UInt16.max
                    else { break }
                    try writer.append(definition.encoded.rawSpan)
                    count += 1
                }
                writer.patch(count, at: start + 1)
            }
        }
        if let frame { output.send(frame, to: session) }
    }
}
