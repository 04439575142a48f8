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

    package init(subject: Subject?, scopes: SessionScopes) {
        self.subject = subject
        self.scopes = scopes
    }
}

/// Decides about tokens. The relay asks once per HELLO, on its own thread, so the answer must be at hand.
package protocol Doorkeeper: Sendable {
    mutating func verdict(on token: RawSpan, at now: Moment) -> HelloVerdict
}
