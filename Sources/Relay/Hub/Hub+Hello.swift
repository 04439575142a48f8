import RelayProtocol

/// The handshake: HELLO, then WELCOME and everything that is stored.
extension Hub {
    mutating func greet(
        _ message: Message, in payload: RawSpan, _ session: SessionIndex, into output: inout HubOutput
    ) {
        guard case .hello(let hello) = message else {
            return leave(session, 1002, "HELLO expected", into: &output)
        }
        if limits.maxSessions > 0, sessionCount >= limits.maxSessions {
            counters.count(.maxSessions, metBy: session)
            return leave(session, 1013, "the relay is full (max-sessions)", into: &output)
        }
        switch verdict(on: payload.bytes(hello.token), of: session) {
        case .refused(let code, let text):
            refuse(Refusal(code, text), at: nil, session, into: &output)
            return leave(session, 1008, text, into: &output)
        case .admitted(let admission):
            if let user = admission.subject, limits.maxSessionsPerUser > 0,
                tokenSessions.count(of: user) >= limits.maxSessionsPerUser
            {
                counters.count(.maxSessionsPerUser, metBy: session)
                return leave(session, 1008, "too many connections of this user (max-sessions-per-user)", into: &output)
            }
            bind(session, to: admission)
            sessions[Int(session)].access = Access(admission)
            sessions[Int(session)].bucket = RateBucket(burst: limits.messageBurst, at: now.uptime)
        case nil: break
        }
        welcome(session, into: &output)
    }

    private mutating func welcome(_ session: SessionIndex, into output: inout HubOutput) {
        guard let id = sessions[Int(session)].id else { return }
        counters.greeted &+= 1
        let text = id.text
        sessions[Int(session)].phase = .live
        sessions[Int(session)].freeSubscribes = limits.freeSubscribes
        sessions[Int(session)].snapshotCredit = limits.snapshotSlice
        sessionsByID[id] = session
        let (time, name) = (now.unix, self.name)
        let frame = output.frame { writer throws(WireError) in
            try ClaspFrame.write(.fire, into: &writer) { writer throws(WireError) in
                try writer.welcome(time: time, session: text.rawSpan, name: name.rawSpan)
            }
        }
        if let frame { output.send(frame, to: session) }
        begin(SnapshotJob(.everything), for: session, into: &output)
    }

    // MARK: How often

    /// Whether a session may say something more this second. In open mode always.
    mutating func pays(for payload: RawSpan, _ session: SessionIndex, into output: inout HubOutput) -> Bool {
        guard limits.messageRate > 0, sessions[Int(session)].bucket != nil else { return true }
        if payload.byteCount > 0, payload.byte(at: 0) == MessageType.subscribe.rawValue,
            sessions[Int(session)].freeSubscribes > 0
        {
            sessions[Int(session)].freeSubscribes -= 1
            return true
        }
        return takes(1, session, into: &output)
    }

    /// Takes messages out of the session's bucket; says so, once a second, when they are not there.
    mutating func takes(_ messages: Int, _ session: SessionIndex, into output: inout HubOutput) -> Bool {
        let isPaid = sessions[Int(session)].bucket?.take(
            messages, rate: limits.messageRate, burst: limits.messageBurst, at: now.uptime)
        guard isPaid == false else { return true }
        counters.count(.rate, metBy: session)
        let last = sessions[Int(session)].lastRateError
        guard last == 0 || now.uptime >= last + 1_000_000 else { return false }
        sessions[Int(session)].lastRateError = max(1, now.uptime)
        let text = "RateLimited: more than \(limits.messageRate) messages a second and \(limits.messageBurst) at once"
        refuse(Refusal(429, text), at: nil, session, into: &output)
        return false
    }

    // MARK: Clocks

    mutating func synchronise(_ message: SyncMessage, _ session: SessionIndex, into output: inout HubOutput) {
        answer(.sync(SyncMessage(answering: message, at: now.unix)), to: session, into: &output)
    }
}
