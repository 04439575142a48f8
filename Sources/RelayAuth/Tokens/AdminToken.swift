/// The operator's own token, kept in a file: it may do everything, and it does not expire.
package enum AdminToken {
    package static let subject = "admin-bootstrap"
    package static let scopes = ["admin:/**"]

    /// Shorter ones could be guessed.
    private static let minBytes = 16

    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Whether others than the owner of the file may read it: worth a warning, but secrets are mounted so by some.
    package static func isOpenToOthers(_ path: String) -> Bool { SmallFile.isOpenToOthers(path) }

    /// Reads the token, or makes one and writes it where only the owner may read it.
    package static func load(_ path: String, at now: UnixTime) throws(Fault) -> TokenRecord {
        if !SmallFile.exists(path) {
            guard SmallFile.create(path, Array((Secret.token() + "\n").utf8)) else {
                throw Fault(description: "\(path) cannot be written")
            }
        }
        guard let content = SmallFile.read(path) else { throw Fault(description: "\(path) cannot be read") }
        guard let record = record(of: String(decoding: content, as: UTF8.self), at: now) else {
            throw Fault(description: "\(path) does not hold a token of \(minBytes) characters at least")
        }
        return record
    }

    /// The same for a token that is given itself; nil for what is too short, too long or no word.
    package static func record(of text: String, at now: UnixTime) -> TokenRecord? {
        let token = text.trimmed
        guard token.utf8.count >= minBytes, token.utf8.count <= TokenTable.maxTokenBytes,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return TokenRecord(
            digest: TokenDigest(of: token), kind: .admin, subject: subject, name: subject, scopes: ScopeList(scopes),
            created: now, expiry: nil)
    }
}
