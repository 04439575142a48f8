package import RelayAuth
import RelayProtocol

/// What a HELLO's token is worth.
package enum HelloVerdict: Sendable {
    case admitted(Admission)
    /// Answered with an ERROR and the end of the connection.
    case refused(code: UInt16, text: String)
}

/// Who a session is and what it may do, as its token says. Nil stands for open mode, where everybody may everything.
package struct Admission: Sendable {
    package let subject: Subject?
    package let scopes: SessionScopes
    /// What the session lives by: it ends with it.
    package var token: TokenDigest?
    /// The id of the key that signed it, if it is a signed one.
    package var signingKey: String?
    /// Unix microseconds; nil for never.
    package var end: UInt64?
    package var isGuest = false

    package init(subject: Subject?, scopes: SessionScopes) {
        self.subject = subject
        self.scopes = scopes
    }
}

/// Decides about tokens. The relay asks once per HELLO, on its own thread, so the answer must be at hand.
package protocol Doorkeeper: Sendable {
    mutating func verdict(on token: RawSpan, at now: Moment) -> HelloVerdict
    /// Takes in what has become of tokens, and says what that means for those who are in already.
    mutating func learn(_ changes: [TokenChange]) -> [TokenEffect]
}

extension Doorkeeper {
    package mutating func learn(_ changes: [TokenChange]) -> [TokenEffect] { [] }
}

/// Knows every token that the auth service has given out and not taken back.
package struct TokenDoorkeeper: Doorkeeper {
    private var tokens = TokenTable()

    package init() {}

    package mutating func learn(_ changes: [TokenChange]) -> [TokenEffect] { tokens.apply(changes) }

    package func verdict(on token: RawSpan, at now: Moment) -> HelloVerdict {
        switch tokens.decide(token.array, at: UnixTime(microseconds: Int64(clamping: now.unix))) {
        case .refused(let refusal): return .refused(code: refusal.code, text: refusal.text)
        case .granted(let grant):
            guard let subject = Subject(grant.subject) else {
                return .refused(code: 300, text: "Token refused: its subject cannot stand in an address")
            }
            var admission = Admission(
                subject: subject, scopes: SessionScopes(grant.scopes.compactMap { Scope($0) }))
            admission.token = grant.digest
            admission.signingKey = grant.key
            admission.end = grant.expiry.map { UInt64(clamping: $0.microseconds) }
            admission.isGuest = grant.kind == .guest
            return .admitted(admission)
        }
    }
}
