/// Where a token comes from.
package enum TokenKind: String, Sendable {
    /// Of a registered user.
    case account
    case guest
    /// Made by the operator for a program.
    case issued
    /// Read from the operator's file; never stored.
    case admin
    /// Signed by somebody who has a key; never stored.
    case signed
}

/// What is known about a token; never the token itself.
package struct TokenRecord: Sendable, Equatable {
    package let digest: TokenDigest
    package var kind: TokenKind
    package var subject: String
    /// As people are shown it.
    package var name: String
    package var scopes: ScopeList
    package let created: UnixTime
    /// Nil: it never ends.
    package var expiry: UnixTime?

    package init(
        digest: TokenDigest, kind: TokenKind, subject: String, name: String, scopes: ScopeList, created: UnixTime,
        expiry: UnixTime?
    ) {
        self.digest = digest
        self.kind = kind
        self.subject = subject
        self.name = name
        self.scopes = scopes
        self.created = created
        self.expiry = expiry
    }

    package func isExpired(at now: UnixTime) -> Bool {
        guard let expiry else { return false }
        return expiry <= now
    }
}

/// Scopes as one text, a line each: a table may hold a hundred thousand tokens of twenty scopes.
package struct ScopeList: Sendable, Equatable {
    package let text: String

    package init(text: String) { self.text = text }

    /// What contains a line feed is no scope.
    package init(_ scopes: [String]) {
        text = scopes.filter { !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "\n")) }.joined(separator: "\n")
    }

    package var list: [String] {
        text.utf8.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
