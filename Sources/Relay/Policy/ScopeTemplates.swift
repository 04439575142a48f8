package import RelayProtocol
import RelayAuth

/// The scopes that tokens of the application carry, as templates: `write:/chat/user/{userId}/**`.
package struct ScopeTemplates: Sendable {
    private let templates: [Template]

    /// What is no scope is left out; `ScopeTemplates.isScope` tells which those are.
    init(_ texts: [String]) {
        templates = texts.filter(Self.isScope).map(Self.template)
    }

    /// As texts, for a token that is stored. None for an id that breaks the rule for ids: it would end up in scopes.
    package func texts(for userID: String) -> [String] {
        guard UserID.isValid(userID.utf8) else { return [] }
        let id = Array(userID.utf8)
        return templates.map { String(decoding: $0.filled(subject: id.rawSpan, address: RawSpan()), as: UTF8.self) }
    }

    package func scopes(for userID: String) -> [Scope] {
        texts(for: userID).compactMap { Scope($0) }
    }

    package var count: Int { templates.count }

    private static func template(_ text: String) -> Template {
        Template(text) { $0 == Array("userId".utf8) ? .subject : nil }
    }

    /// Whether a template gives a scope: decided by the shape that every id has.
    static func isScope(_ text: String) -> Bool {
        let sample = template(text).filled(subject: Array("u".utf8).rawSpan, address: RawSpan())
        return Scope(String(decoding: sample, as: UTF8.self)) != nil
    }

    /// Names in braces that no user id will replace.
    static func unknownNames(in text: String) -> [String] { template(text).unknownNames }
}

/// What the token of a session allows: its scopes together. Without any, nothing.
package struct SessionScopes: Sendable {
    package let scopes: [Scope]

    package init(_ scopes: [Scope]) { self.scopes = scopes }

    /// GET, and whether live messages and snapshots may show that address.
    package func allowsReading(_ address: RawSpan) -> Bool { scopes.contains { $0.allowsReading(address) } }

    package func allowsWriting(_ address: RawSpan) -> Bool { scopes.contains { $0.allowsWriting(address) } }

    /// One scope must cover the whole pattern; two that share it do not count.
    package func allowsSubscribing(to pattern: Pattern) -> Bool {
        scopes.contains { $0.allowsSubscribing(to: pattern) }
    }
}
