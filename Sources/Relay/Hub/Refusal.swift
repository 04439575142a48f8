import RelayProtocol

/// Why a message is not carried out: code and text of the ERROR that answers it.
struct Refusal {
    let code: UInt16
    let text: String
    /// The bound that was met, if it is one that has a name.
    let limit: LimitName?

    init(_ code: UInt16, _ text: String, _ limit: LimitName? = nil) {
        self.code = code
        self.text = text
        self.limit = limit
    }

    static let invalidAddress = Refusal(
        200, "InvalidAddress: an address starts with / and has no empty segment, no * and at most 1024 bytes")
    static let invalidPattern = Refusal(
        202, "InvalidPattern: a pattern starts with / and has no empty segment and at most 1024 bytes")
    static let reserved = Refusal(301, "Reserved: only the relay writes below /clasp/relay/")
    static let notImplemented = Refusal(501, "NotImplemented: this relay keeps no history")

    static func missingScope(_ action: StaticString) -> Refusal {
        Refusal(301, "MissingScope: the token does not allow \(action) here")
    }

    static func forbidden(_ refusal: PolicyRefusal) -> Refusal { Refusal(403, refusal.text) }

    /// In a bundle every refusal by rights is 403.
    var inBundle: Refusal {
        Refusal(code == 301 || code == 403 ? 403 : code, "bundle refused: \(text)", limit)
    }
}

extension Hub {
    mutating func refuse(
        _ refusal: Refusal, at address: RawSpan?, _ session: SessionIndex, into output: inout HubOutput
    ) {
        counters.count(error: refusal.code)
        if let limit = refusal.limit { counters.count(limit, metBy: session) }
        let text = Array(refusal.text.utf8)
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                try writer.error(refusal.code, text: text.rawSpan, address: address)
            }
        }
        if let frame { output.send(frame, to: session) }
    }

    /// Ends a connection, after what was said to it.
    mutating func leave(_ session: SessionIndex, _ code: UInt16, _ reason: String, into output: inout HubOutput) {
        sessions[Int(session)].phase = .leaving
        output.close(session, code, reason)
    }

    mutating func answer(_ message: Message, to session: SessionIndex, into output: inout HubOutput) {
        let frame = output.frame { writer throws(WireError) in
            try MessageEncoder.frame(message, in: RawSpan(), into: &writer)
        }
        if let frame { output.send(frame, to: session) }
    }
}
