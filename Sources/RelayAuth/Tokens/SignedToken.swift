internal import RelayJSON

/// Why a signed token does not count, in words for its owner.
package enum SignedTokenFault: String, Error, Sendable {
    case malformed = "not a signed token"
    case unknownKey = "its key is not known"
    case wrongAlgorithm = "its key is not for that algorithm"
    case extensions = "it demands what this server does not know"
    case badSignature = "its signature is wrong"
    case noSubject = "it names no subject that can be a user"
    case noExpiry = "it does not say when it ends"
    case expired = "it has expired"
    case notYetValid = "it is not valid yet"
    case otherAudience = "it is meant for somebody else"
    case otherIssuer = "its key belongs to another issuer"
    case revoked = "it was revoked"
}

/// A JSON Web Token (RFC 7519) in compact form (RFC 7515), checked.
///
/// The key is found by its id and decides the algorithm; the token's own word for it must agree. Nothing inside is
/// looked at before the signature holds, but for the id of the key.
struct SignedToken {
    /// Of what was signed: a signature that could be written in two ways must not give two names.
    let digest: TokenDigest
    let grant: TokenGrant

    /// Three parts; whether they are any good is for the checks to say.
    static func looksLikeOne(_ token: [UInt8]) -> Bool {
        token.count { $0 == UInt8(ascii: ".") } == 2
    }

    init(_ token: [UInt8], by keys: SigningKeys, at now: UnixTime) throws(SignedTokenFault) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let headerText = Base64.decodeURL(parts[0]),
            let claimsText = Base64.decodeURL(parts[1]), let signature = Base64.decodeURL(parts[2])
        else { throw .malformed }
        let (name, key) = try Self.key(of: try Self.object(headerText), in: keys)
        let signed = Array(token[..<parts[1].endIndex])
        let isGenuine =
            switch key.algorithm {
            case .edDSA(let publicKey): Signatures.isEd25519(signature, of: signed, by: publicKey)
            case .hs256(let secret): Signatures.isHMAC(signature, of: signed, by: secret)
            }
        guard isGenuine else { throw .badSignature }
        digest = TokenDigest(of: signed)
        var grant = try Self.grant(
            of: try Self.object(claimsText), digest: digest, audience: keys.audience, issuer: key.issuer, at: now)
        grant.key = name
        self.grant = grant
    }

    /// Which token it is and until when it could count, without asking whether it does; nil for what is none.
    static func identity(of token: [UInt8]) -> (digest: TokenDigest, expiry: UnixTime)? {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let claims = Base64.decodeURL(parts[1]), let json = try? object(claims),
            let expiry = json["exp"].flatMap(instant)
        else { return nil }
        return (TokenDigest(of: Array(token[..<parts[1].endIndex])), expiry)
    }

    /// Members may not repeat: two readers could take different ones.
    private static func object(_ text: [UInt8]) throws(SignedTokenFault) -> JSONValue {
        guard let json = try? JSONValue(parsing: text, depthLimit: 8), let members = json.object,
            Set(members.map(\.key)).count == members.count
        else { throw .malformed }
        return json
    }

    private static func key(
        of header: JSONValue, in keys: SigningKeys
    ) throws(SignedTokenFault) -> (name: String, key: SigningKeys.Key) {
        guard header["crit"] == nil else { throw .extensions }
        guard let name = header["kid"]?.string, let key = keys.keys[name] else { throw .unknownKey }
        guard header["alg"]?.string == key.algorithm.name else { throw .wrongAlgorithm }
        return (name, key)
    }

    private static func grant(
        of claims: JSONValue, digest: TokenDigest, audience: String, issuer: String?, at now: UnixTime
    ) throws(SignedTokenFault) -> TokenGrant {
        guard let expiry = claims["exp"].flatMap(instant) else { throw .noExpiry }
        guard expiry > now else { throw .expired }
        if let start = claims["nbf"] {
            guard let start = instant(start) else { throw .malformed }
            guard start <= now else { throw .notYetValid }
        }
        let audiences = claims["aud"]?.array?.map(\.string) ?? [claims["aud"]?.string]
        guard audiences.contains(audience) else { throw .otherAudience }
        if let issuer {
            guard claims["iss"]?.string == issuer else { throw .otherIssuer }
        }
        guard let subject = claims["sub"]?.string, UserID.isValid(subject.utf8) else { throw .noSubject }
        return TokenGrant(
            digest: digest, kind: .signed, subject: subject, name: claims["name"]?.string ?? subject,
            scopes: scopes(claims), created: claims["iat"].flatMap(instant), expiry: expiry)
    }

    /// A list `scopes`, or one text `scope` with spaces between (RFC 8693 §4.2).
    private static func scopes(_ claims: JSONValue) -> [String] {
        if let list = claims["scopes"]?.array { return list.compactMap(\.string) }
        return (claims["scope"]?.string ?? "").split(separator: " ").map(String.init)
    }

    /// RFC 7519 §2, NumericDate. To the second; dates that no clock will show are none.
    private static func instant(_ value: JSONValue) -> UnixTime? {
        guard let seconds = value.double, seconds >= 0, seconds < 1e11 else { return nil }
        return UnixTime(seconds: Int64(seconds))
    }
}
