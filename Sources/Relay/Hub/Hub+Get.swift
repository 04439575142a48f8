import RelayProtocol

extension Hub {
    /// GET: a SNAPSHOT of the one param. What is missing, or hidden, is not answered, as clients expect.
    mutating func get(_ address: RawSpan, from session: SessionIndex, into output: inout HubOutput) {
        if address.isEqual(to: Reserved.position) { return tellPosition(to: session, into: &output) }
        let known = addresses.find(address)
        if let access = sessions[Int(session)].access {
            let isAllowed =
                known.map { access.mayRead(address, id: $0, generation: addresses[$0].generation) }
                ?? access.mayRead(address)
            guard isAllowed else { return refuse(.missingScope("reading"), at: address, session, into: &output) }
        }
        guard let id = known, let param = param(id, into: &output), mayRead(session, address, id) else { return }
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                try writer.u8(MessageType.snapshot.rawValue)
                try writer.u16(1)
                try append(param, at: id, to: &writer)
            }
        }
        if let frame { output.send(frame, to: session) }
    }
}
