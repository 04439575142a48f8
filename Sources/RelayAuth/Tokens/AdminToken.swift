/// The operator's own token, kept in a file: it may do everything, and it does not expire.
package enum AdminToken {
    package static let subject = "admin-bootstrap"
    package static let scopes = ["admin:/**"]

    /// Shorter ones could be guessed.
    private static let minBytes = 16

    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Reads the token, or makes one and writes it where only the owner may read it.
    package static func load(_ path: String) throws(Fault) -> String {
        if !SmallFile.exists(path) {
            guard SmallFile.create(path, Array((Secret.token() + "\n").utf8)) else {
                throw Fault(description: "\(path) cannot be written")
            }
        }
        guard let content = SmallFile.read(path) else { throw Fault(description: "\(path) cannot be read") }
        let token = String(decoding: content, as: UTF8.self).trimmed
        guard isToken(token) else {
            throw Fault(description: "\(path) does not hold a token of \(minBytes) characters at least")
        }
        return token
    }

    /// Whether that can be sent in a header field and is hard to guess.
    private static func isToken(_ text: String) -> Bool {
        (minBytes...TokenTable.maxTokenBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// What such a token may do, be it from a file or given itself; nil for what is none.
    package static func record(of token: String, at now: UnixTime) -> TokenRecord? {
        guard isToken(token) else { return nil }
        return TokenRecord(
            digest: TokenDigest(of: token), kind: .admin, subject: subject, name: subject, scopes: ScopeList(scopes),
            created: now, expiry: nil)
    }
}
