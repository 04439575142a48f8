package import RelayAuth
import RelayProtocol

/// A session lives as long as its token: it is told before that ends, and when it has.
extension Hub {
    /// A session is told so long before its token ends, if it asked to be (`Reserved.expiring`).
    private static let warning: UInt64 = 60_000_000

    /// Takes in what has become of tokens.
    package mutating func learn(_ changes: [TokenChange], at now: Moment, into output: inout HubOutput) {
        self.now = now
        for effect in learned(changes) {
            switch effect {
            case .ended(let token):
                for session in tokenSessions.sessions(of: token) {
                    end(session, "Token revoked", into: &output)
                }
            case .extended(let token, let expiry):
                for session in tokenSessions.sessions(of: token) {
                    sessions[Int(session)].end = expiry.map { UInt64(clamping: $0.microseconds) }
                    watchEnd(of: session)
                }
            }
        }
    }

    /// Takes note of what a session lives by.
    mutating func bind(_ session: SessionIndex, to admission: Admission) {
        sessions[Int(session)].token = admission.token
        sessions[Int(session)].end = admission.end
        sessions[Int(session)].isGuest = admission.isGuest
        sessions[Int(session)].isBound = true
        tokenSessions.add(session, admission.token, admission.subject)
        watchEnd(of: session)
    }

    private mutating func watchEnd(of session: SessionIndex) {
        guard let end = sessions[Int(session)].end else { return }
        let generation = sessions[Int(session)].generation
        let left = end > now.unix ? end - now.unix : 0
        // A token of years needs no look today, and the sum no overflow.
        guard left < 1 << 60 else { return }
        if left > Self.warning {
            deadlines.add(.token(session, generation: generation), at: now.uptime + left - Self.warning)
        }
        deadlines.add(.token(session, generation: generation), at: now.uptime + left)
    }

    mutating func checkToken(of session: SessionIndex, _ generation: UInt32, into output: inout HubOutput) {
        let mine = sessions[Int(session)]
        guard mine.phase == .live, mine.generation == generation, let end = mine.end else { return }
        if end <= now.unix { return self.end(session, "Token expired", into: &output) }
        guard end - now.unix <= Self.warning else { return }
        tellReserved(Reserved.expiring, .int(end), to: session, into: &output)
    }

    private mutating func end(_ session: SessionIndex, _ text: String, into output: inout HubOutput) {
        guard sessions[Int(session)].phase == .live else { return }
        refuse(Refusal(302, text), at: nil, session, into: &output)
        leave(session, 1008, text, into: &output)
    }
}
