package import RelayAuth
import RelayProtocol

/// A session lives as long as its token: it is told before that ends, and when it has.
extension Hub {
    /// A session is told so long before its token ends, if it asked to be (`Reserved.expiring`); where less is left
    /// from the beginning, after half of that, when it has had the time to ask.
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
                    sessions[Int(session)].isWarned = false
                    watchEnd(of: session)
                }
            case .disowned(let keys):
                for session in sessions.indices {
                    guard let key = sessions[session].signingKey, keys.contains(key) else { continue }
                    end(SessionIndex(session), "Token revoked", into: &output)
                }
            }
        }
    }

    /// Takes note of what a session lives by.
    mutating func bind(_ session: SessionIndex, to admission: Admission) {
        sessions[Int(session)].token = admission.token
        sessions[Int(session)].signingKey = admission.signingKey
        sessions[Int(session)].end = admission.end
        sessions[Int(session)].isGuest = admission.isGuest
        sessions[Int(session)].isBound = true
        tokenSessions.add(session, admission.token, admission.subject)
        watchEnd(of: session)
    }

    private mutating func watchEnd(of session: SessionIndex) {
        guard let end = sessions[Int(session)].end else { return }
        let left = end > now.unix ? end - now.unix : 0
        let rest =
            if sessions[Int(session)].isWarned { left } else { left > Self.warning ? left - Self.warning : left / 2 }
        let look = now.uptime + min(rest, Self.longestWatch)
        let planned = sessions[Int(session)].tokenLook
        guard planned <= now.uptime || look < planned else { return }
        sessions[Int(session)].tokenLook = look
        deadlines.add(.token(session, generation: sessions[Int(session)].generation), at: look)
    }

    /// Nobody plans further ahead: of sessions that are gone, plans stay in the queue until then.
    private static let longestWatch: UInt64 = 600_000_000

    mutating func checkToken(of session: SessionIndex, _ generation: UInt32, into output: inout HubOutput) {
        let mine = sessions[Int(session)]
        guard mine.phase == .live, mine.generation == generation, mine.tokenLook <= now.uptime, let end = mine.end
        else { return }
        if end <= now.unix { return self.end(session, "Token expired", into: &output) }
        if end - now.unix <= Self.warning, !mine.isWarned {
            sessions[Int(session)].isWarned = true
            tellReserved(Reserved.expiring, .int(end), to: session, into: &output)
        }
        watchEnd(of: session)
    }

    private mutating func end(_ session: SessionIndex, _ text: String, into output: inout HubOutput) {
        guard sessions[Int(session)].phase == .live else { return }
        refuse(Refusal(302, text), at: nil, session, into: &output)
        leave(session, 1008, text, into: &output)
    }
}
