/// What a HELLO gets for its token.
package enum TokenDecision: Sendable, Equatable {
    case granted(TokenGrant)
    case refused(TokenRefusal)
}

package struct TokenGrant: Sendable, Equatable {
    /// Names the token among sessions; see `TokenEffect`.
    package let digest: TokenDigest
    package let kind: TokenKind
    package let subject: String
    package let name: String
    /// As texts; what does not read as a scope is to be skipped.
    package let scopes: [String]
    /// Nil where nobody knows.
    package let created: UnixTime?
    /// When the session that lives by it is over; nil: never.
    package let expiry: UnixTime?
    /// The id of the key that signed it; nil for what is stored.
    package var key: String?
}

/// The ERROR that answers a HELLO, and the reason of the close frame behind it.
package struct TokenRefusal: Sendable, Equatable {
    package let code: UInt16
    package let text: String

    package static let missing = TokenRefusal(code: 300, text: "A token is needed")
    package static let notReady = TokenRefusal(code: 500, text: "The server is not set up to check tokens")
    package static let expired = TokenRefusal(code: 302, text: "Token expired")
    package static let unknown = TokenRefusal(code: 300, text: "Token not known")
    package static let foreign = TokenRefusal(code: 300, text: "Token kind not accepted")

    package static func refused(_ reason: SignedTokenFault) -> TokenRefusal {
        TokenRefusal(code: 300, text: "Token refused: \(reason.rawValue)")
    }
}
