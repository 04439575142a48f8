import RelayProtocol

/// Whom a session speaks for, according to its token. As bytes, because rules compare it with pieces of addresses, and
/// because `String` takes a composed and a decomposed é for equal.
package struct Subject: Hashable, Sendable {
    package let bytes: [UInt8]

    package static let maxBytes = 256

    /// Nil for what must not stand in an address that a rule makes up: a `/` would add a segment, a `*` widen a scope.
    /// User ids are stricter still.
    package init?(_ text: String) {
        bytes = Array(text.utf8)
        guard (1...Self.maxBytes).contains(bytes.count),
            bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !Self.forbidden.contains($0) })
        else { return nil }
    }

    private static let forbidden = Array("/*{}".utf8)

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}
