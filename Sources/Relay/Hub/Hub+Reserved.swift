import RelayProtocol

/// Addresses that are the relay's own: `/clasp/relay/…`. Nobody writes there, no wildcard finds them, and they are no
/// params. Clients that know nothing of them notice nothing.
enum Reserved {
    static let prefix: StaticString = "/clasp/relay/"
    /// GET: where the history stands, as a map of `epoch` and `position`.
    static let position: StaticString = "/clasp/relay/position"
    /// Before a pattern in REPLAY: what came behind that position, as `/clasp/relay/after/{epoch}/{position}/rooms/**`.
    static let after: StaticString = "/clasp/relay/after/"
    /// An event with the Unix microseconds at which the session's token ends, a minute before.
    static let expiring: StaticString = "/clasp/relay/expiring"

    static func contains(_ address: RawSpan) -> Bool {
        let count = prefix.utf8CodeUnitCount
        return address.byteCount >= count && address.extracting(0..<count).isEqual(to: prefix)
    }
}

extension Hub {
    /// Publishes an event at a reserved address to one session, if it subscribed to exactly that.
    mutating func tellReserved(
        _ address: StaticString, _ value: StoredValue, to session: SessionIndex, into output: inout HubOutput
    ) {
        let text = Array(address.description.utf8)
        let isWanted = sessions[Int(session)].subscriptions.contains {
            $0.types.admits(.event) && patterns.pattern(of: $0.entry)?.bytes == text
        }
        guard isWanted else { return }
        let message: [UInt8] = value.withEncoded { text + $0.array }
        let count = message.count - text.count
        let publish = PublishMessage(
            event: ByteRange(0, count: text.count),
            value: ValueReference(
                type: value.type, isCanonical: true, data: ByteRange(text.count + 1, count: count - 1)))
        let frame = output.frame { writer throws(WireError) in
            try MessageEncoder.frame(.publish(publish), in: message.rawSpan, into: &writer)
        }
        if let frame { output.send(frame, to: session) }
    }
}
