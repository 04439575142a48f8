internal import RelayJSON

/// The keys that signed tokens may bear, each for one algorithm only: a public key can never be taken for a secret.
///
/// Read from a JSON file that names others:
///
///     {"audience": "clasp-relay",
///      "keys": [{"kid": "2026-a", "alg": "EdDSA", "file": "2026-a.pem", "issuer": "https://id.example.com"},
///               {"kid": "jobs", "alg": "HS256", "file": "/run/secrets/jobs"}]}
///
/// To change a key, name the new one beside the old until the last token of the old one has expired.
package struct SigningKeys: Sendable, Equatable {
    enum Algorithm: Sendable, Equatable {
        /// The 32 bytes of an Ed25519 public key.
        case edDSA([UInt8])
        case hs256([UInt8])

        var name: String {
            switch self {
            case .edDSA: "EdDSA"
            case .hs256: "HS256"
            }
        }
    }

    struct Key: Sendable, Equatable {
        let algorithm: Algorithm
        /// If given, what the token must name as its issuer.
        let issuer: String?
    }

    let keys: [String: Key]
    /// Whom the tokens must be meant for.
    let audience: String

    /// Files with a secret that everybody on the machine may read.
    package private(set) var looseSecrets: [String] = []

    init(keys: [String: Key], audience: String) {
        self.keys = keys
        self.audience = audience
    }

    package static let none = SigningKeys(keys: [:], audience: "")
    package static let defaultAudience = "clasp-relay"
    /// What RFC 7518 §3.2 demands of a secret for HS256.
    static let minSecretBytes = 32

    package var isEmpty: Bool { keys.isEmpty }
    package var names: [String] { keys.keys.sorted() }

    /// The ids of keys that do not count there, or not in the same way.
    func names(notIn other: SigningKeys) -> Set<String> {
        Set(keys.keys.filter { audience != other.audience || keys[$0] != other.keys[$0] })
    }

    /// Reads a set of keys and the files it names, relative ones beside it.
    package static func load(_ path: String) throws(SigningKeysFault) -> SigningKeys {
        let directory = path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
        let content = try contents(of: path)
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: content)
        } catch {
            throw SigningKeysFault("\(path) is not JSON at byte \(error.offset): \(error.reason)")
        }
        guard let entries = json["keys"]?.array, !entries.isEmpty else {
            throw SigningKeysFault("\(path) needs a list \"keys\" with a key at least")
        }
        guard let audience = json["audience"] ?? .some(.string(defaultAudience)), let audience = audience.string,
            !audience.isEmpty
        else { throw SigningKeysFault("\(path): \"audience\" must be a text") }
        var keys: [String: Key] = [:]
        var loose: [String] = []
        for entry in entries {
            guard let name = entry["kid"]?.string, !name.isEmpty, let algorithm = entry["alg"]?.string,
                let file = entry["file"]?.string
            else { throw SigningKeysFault("\(path): each key needs \"kid\", \"alg\" and \"file\"") }
            guard keys[name] == nil else { throw SigningKeysFault("\(path): the key \(name) occurs twice") }
            let place = file.hasPrefix("/") ? file : directory + file
            let key = Key(
                algorithm: try read(try contents(of: place), for: algorithm, named: name),
                issuer: entry["issuer"]?.string)
            if case .hs256 = key.algorithm, SmallFile.isOpenToOthers(place) { loose.append(place) }
            keys[name] = key
        }
        var set = SigningKeys(keys: keys, audience: audience)
        set.looseSecrets = loose
        return set
    }

    private static func contents(of path: String) throws(SigningKeysFault) -> [UInt8] {
        guard let content = SmallFile.read(path) else { throw SigningKeysFault("\(path) cannot be read") }
        return content
    }

    private static func read(
        _ content: [UInt8], for algorithm: String, named name: String
    ) throws(SigningKeysFault) -> Algorithm {
        let text = String(decoding: content, as: UTF8.self).trimmed
        switch algorithm {
        case "EdDSA":
            guard let key = ed25519Key(text) else {
                throw SigningKeysFault("the key \(name) is no PEM file with an Ed25519 public key")
            }
            return .edDSA(key)
        case "HS256":
            let secret = Array(text.utf8)
            guard !text.hasPrefix("-----BEGIN") else {
                throw SigningKeysFault("the key \(name) is for HS256, but its file is not a secret")
            }
            guard secret.count >= minSecretBytes else {
                throw SigningKeysFault("the key \(name) is shorter than \(minSecretBytes) bytes")
            }
            return .hs256(secret)
        default:
            throw SigningKeysFault("the key \(name) is for \(algorithm); EdDSA and HS256 are known")
        }
    }

    /// RFC 8410 §4: the one form that such a key has.
    private static func ed25519Key(_ pem: String) -> [UInt8]? {
        let head: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        let lines = pem.split(whereSeparator: \.isNewline)
        guard lines.count >= 3, lines.first == "-----BEGIN PUBLIC KEY-----", lines.last == "-----END PUBLIC KEY-----",
            let bytes = Base64.decode(Array(lines.dropFirst().dropLast().joined().utf8)),
            bytes.count == head.count + Signatures.ed25519KeyBytes, bytes.starts(with: head)
        else { return nil }
        return Array(bytes.dropFirst(head.count))
    }
}

package struct SigningKeysFault: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
