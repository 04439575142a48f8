import Glibc
import RelayTestKit
import Testing

@testable import RelayAuth

private let now = UnixTime(seconds: 1_800_000_000)
private let claims = #"{"sub":"robot","aud":"clasp-relay","exp":1800000060,"scopes":["read:/a/**","write:/b"]}"#

/// A signed token as it might come, and the answer to it.
private struct SignedCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let token: @Sendable (TestSigning) -> String
    /// Nil: granted.
    let fault: SignedTokenFault?

    init(_ name: String, _ fault: SignedTokenFault?, _ token: @escaping @Sendable (TestSigning) -> String) {
        testDescription = name
        self.fault = fault
        self.token = token
    }

    /// A token with these claims, properly signed.
    init(_ name: String, _ fault: SignedTokenFault?, claims: String) {
        self.init(name, fault) { $0.token(claims) }
    }
}

private func hs(_ claims: String, header: String = #"{"alg":"HS256","kid":"hs-1"}"#)
    -> @Sendable (TestSigning) -> String
{
    { signing in signing.token(claims, header: header) { Signatures.hmac(of: $0, by: signing.secret) } }
}

private let cases: [SignedCase] = [
    SignedCase("EdDSA", nil, claims: claims),
    SignedCase("HS256", nil, hs(claims)),
    SignedCase(
        "scopes in one text", nil, claims: #"{"sub":"r","aud":"clasp-relay","exp":1800000060,"scope":"read:/a"}"#),
    SignedCase("one of several audiences", nil, claims: #"{"sub":"r","aud":["x","clasp-relay"],"exp":1800000060}"#),
    SignedCase("a date with a fraction", nil, claims: #"{"sub":"r","aud":"clasp-relay","exp":1800000060.5}"#),
    SignedCase("valid from now", nil, claims: #"{"sub":"r","aud":"clasp-relay","exp":1800000060,"nbf":1800000000}"#),
    SignedCase(
        "the right issuer", nil,
        hs(
            #"{"sub":"r","aud":"clasp-relay","exp":1800000060,"iss":"https://id.example.com"}"#,
            header: #"{"alg":"HS256","kid":"issued"}"#)),

    SignedCase("alg none", .wrongAlgorithm) {
        $0.token(claims, header: #"{"alg":"none","kid":"ed-1"}"#) { _ in [] }
    },
    SignedCase("alg none without a key", .unknownKey) { $0.token(claims, header: #"{"alg":"none"}"#) { _ in [] } },
    SignedCase("alg NONE", .wrongAlgorithm) {
        $0.token(claims, header: #"{"alg":"NONE","kid":"ed-1"}"#) { _ in [] }
    },
    SignedCase("HS256 with the public key", .wrongAlgorithm) { signing in
        signing.token(claims, header: #"{"alg":"HS256","kid":"ed-1"}"#) {
            Signatures.hmac(of: $0, by: signing.publicKey)
        }
    },
    SignedCase("HS256 with the public key's file", .wrongAlgorithm) { signing in
        signing.token(claims, header: #"{"alg":"HS256","kid":"ed-1"}"#) {
            Signatures.hmac(of: $0, by: Array(signing.pem.utf8))
        }
    },
    SignedCase("EdDSA named for the secret", .wrongAlgorithm) {
        $0.token(claims, header: #"{"alg":"EdDSA","kid":"hs-1"}"#)
    },
    SignedCase("another algorithm", .wrongAlgorithm) { $0.token(claims, header: #"{"alg":"ES256","kid":"ed-1"}"#) },
    SignedCase("no algorithm", .wrongAlgorithm) { $0.token(claims, header: #"{"kid":"ed-1"}"#) },
    SignedCase("an algorithm that is no text", .wrongAlgorithm) {
        $0.token(claims, header: #"{"alg":["EdDSA"],"kid":"ed-1"}"#)
    },
    SignedCase("a wrong kid", .unknownKey) { $0.token(claims, header: #"{"alg":"EdDSA","kid":"ed-2"}"#) },
    SignedCase("no kid", .unknownKey) { $0.token(claims, header: #"{"alg":"EdDSA"}"#) },
    SignedCase("a path as the kid", .unknownKey) {
        $0.token(claims, header: #"{"alg":"HS256","kid":"../../dev/null"}"#) { Signatures.hmac(of: $0, by: []) }
    },
    SignedCase("another key's kid", .badSignature) { signing in
        signing.token(claims, header: #"{"alg":"HS256","kid":"hs-1"}"#) { signing.ed25519($0) }
    },
    SignedCase("a key of its own", .unknownKey) {
        $0.token(claims, header: #"{"alg":"EdDSA","jwk":{"kty":"OKP"}}"#)
    },
    SignedCase("a demand that is not known", .extensions) {
        $0.token(claims, header: #"{"alg":"EdDSA","kid":"ed-1","crit":["exp"]}"#)
    },
    SignedCase("another secret", .badSignature) {
        $0.token(claims, header: #"{"alg":"HS256","kid":"hs-1"}"#) {
            Signatures.hmac(of: $0, by: Array(repeating: 0x61, count: 32))
        }
    },
    SignedCase("no signature", .badSignature) {
        $0.token(claims, header: #"{"alg":"EdDSA","kid":"ed-1"}"#) { _ in [] }
    },
    SignedCase("half a signature", .badSignature) { signing in
        signing.token(claims, header: #"{"alg":"EdDSA","kid":"ed-1"}"#) { Array(signing.ed25519($0).prefix(32)) }
    },
    SignedCase("half a code", .badSignature) { signing in
        signing.token(claims, header: #"{"alg":"HS256","kid":"hs-1"}"#) {
            Array(Signatures.hmac(of: $0, by: signing.secret).prefix(16))
        }
    },
    SignedCase("claims exchanged", .badSignature) { signing in
        let parts = signing.token(claims).split(separator: ".")
        let other = TestSigning.base64url(Array(claims.replacing("robot", with: "admin").utf8))
        return "\(parts[0]).\(other).\(parts[2])"
    },

    SignedCase("expired", .expired, claims: #"{"sub":"r","aud":"clasp-relay","exp":1799999999}"#),
    SignedCase("expiring now", .expired, claims: #"{"sub":"r","aud":"clasp-relay","exp":1800000000}"#),
    SignedCase("without an end", .noExpiry, claims: #"{"sub":"r","aud":"clasp-relay"}"#),
    SignedCase("an end that is no number", .noExpiry, claims: #"{"sub":"r","aud":"clasp-relay","exp":"never"}"#),
    SignedCase("an end that no clock shows", .noExpiry, claims: #"{"sub":"r","aud":"clasp-relay","exp":1e300}"#),
    SignedCase(
        "not yet valid", .notYetValid,
        claims: #"{"sub":"r","aud":"clasp-relay","exp":1800000060,"nbf":1800000001}"#),
    SignedCase(
        "a beginning that is no number", .malformed,
        claims: #"{"sub":"r","aud":"clasp-relay","exp":1800000060,"nbf":"now"}"#),
    SignedCase("another audience", .otherAudience, claims: #"{"sub":"r","aud":"clasp","exp":1800000060}"#),
    SignedCase("other audiences", .otherAudience, claims: #"{"sub":"r","aud":["a","b"],"exp":1800000060}"#),
    SignedCase("no audience", .otherAudience, claims: #"{"sub":"r","exp":1800000060}"#),
    SignedCase(
        "another issuer", .otherIssuer,
        hs(
            #"{"sub":"r","aud":"clasp-relay","exp":1800000060,"iss":"https://evil.example.com"}"#,
            header: #"{"alg":"HS256","kid":"issued"}"#)),
    SignedCase(
        "no issuer", .otherIssuer,
        hs(#"{"sub":"r","aud":"clasp-relay","exp":1800000060}"#, header: #"{"alg":"HS256","kid":"issued"}"#)),
    SignedCase("no subject", .noSubject, claims: #"{"aud":"clasp-relay","exp":1800000060}"#),
    SignedCase(
        "a subject that widens scopes", .noSubject,
        claims: #"{"sub":"**","aud":"clasp-relay","exp":1800000060}"#),
    SignedCase("a subject with a slash", .noSubject, claims: #"{"sub":"a/b","aud":"clasp-relay","exp":1800000060}"#),
    SignedCase(
        "a subject twice", .malformed,
        claims: #"{"sub":"a","sub":"b","aud":"clasp-relay","exp":1800000060}"#),
    SignedCase("claims that are a list", .malformed, claims: "[]"),
    SignedCase("claims that are no JSON", .malformed, claims: "{"),
    SignedCase("a header that is no JSON", .malformed) { $0.token(claims, header: "x") },
    SignedCase("padding", .malformed) { $0.token(claims) + "=" },
    SignedCase("bits left over", .malformed) { signing in
        // 64 bytes end with four bits that a lenient reader ignores.
        var token = Array(signing.token(claims).utf8)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let last = token.count - 1
        if let value = letters.firstIndex(of: token[last]) { token[last] = letters[value | 1] }
        return String(decoding: token, as: UTF8.self)
    },
    SignedCase("a foreign letter", .malformed) { $0.token(claims) + "!" },
]

@Suite(.serialized) struct `A signed token` {
    @Test(arguments: cases) fileprivate func `gets what it deserves`(_ row: SignedCase) throws {
        let signing = try TestSigning()
        var table = TokenTable()
        _ = table.apply([.reset([], denied: [:]), .keys(signing.keys)])
        let decision = table.decide(row.token(signing), at: now)
        switch row.fault {
        case nil:
            guard case .granted(let grant) = decision else {
                Issue.record("refused: \(decision)")
                return
            }
            #expect(grant.kind == .signed && grant.expiry == UnixTime(seconds: 1_800_000_060))
        case .expired: #expect(decision == .refused(.expired))
        case .some(let fault): #expect(decision == .refused(.refused(fault)))
        }
    }

    @Test func `carries subject and scopes`() throws {
        let signing = try TestSigning()
        let signed = try SignedToken(Array(signing.token(claims).utf8), by: signing.keys, at: now)
        #expect(signed.grant.subject == "robot" && signed.grant.scopes == ["read:/a/**", "write:/b"])
    }

    @Test func `can be denied, however its signature is written`() throws {
        let signing = try TestSigning()
        let token = signing.token(claims)
        var table = TokenTable()
        _ = table.apply([.reset([], denied: [:]), .keys(signing.keys)])
        guard case .granted(let grant) = table.decide(token, at: now) else {
            Issue.record("refused")
            return
        }
        let end = UnixTime(seconds: 1_800_000_060)
        #expect(table.apply([.denied(grant.digest, until: end)]) == [.ended(grant.digest)])
        #expect(table.decide(token, at: now) == .refused(.refused(.revoked)))
    }

    @Test func `is no kind of token where there are no keys`() throws {
        let signing = try TestSigning()
        var table = TokenTable()
        _ = table.apply([.reset([], denied: [:])])
        #expect(table.decide(signing.token(claims), at: now) == .refused(.foreign))
    }

    @Test func `never gets in with one bit changed`() throws {
        let signing = try TestSigning()
        let token = Array(signing.token(claims).utf8)
        var random = SeededRandom(seed: 6)
        for _ in 0..<2_000 {
            var changed = token
            changed[Int.random(in: changed.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<7, using: &random)
            #expect(throws: SignedTokenFault.self) { try SignedToken(changed, by: signing.keys, at: now) }
        }
    }
}

@Suite(.serialized) struct `Keys in files` {
    private func load(_ set: String, _ files: [String: String]) throws -> SigningKeys {
        let scratch = Scratch()
        for (name, text) in files { _ = scratch.write(name, text) }
        return try SigningKeys.load(scratch.write("keys.json", set))
    }

    private func fault(_ set: String, _ files: [String: String] = [:]) -> String? {
        do {
            _ = try load(set, files)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==\n"

    @Test func `are read beside the set that names them`() throws {
        let signing = try TestSigning()
        let keys = try load(
            #"{"audience":"here","keys":[{"kid":"a","alg":"EdDSA","file":"a.pem"},"#
                + #"{"kid":"b","alg":"HS256","file":"b","issuer":"me"}]}"#,
            ["a.pem": signing.pem, "b": secret])
        #expect(keys.names == ["a", "b"] && keys.audience == "here")
        #expect(keys.keys["a"]?.algorithm == .edDSA(signing.publicKey))
        #expect(keys.keys["b"]?.algorithm == .hs256(Array(secret.utf8.dropLast())) && keys.keys["b"]?.issuer == "me")
    }

    @Test func `are named when everybody may read them`() throws {
        let scratch = Scratch()
        let (own, loose) = (scratch.write("own", secret), scratch.write("loose", secret))
        let set = scratch.write(
            "keys.json",
            #"{"keys":[{"kid":"a","alg":"HS256","file":"own"},{"kid":"b","alg":"HS256","file":"loose"}]}"#)
        _ = unsafe chmod(own, 0o640)
        _ = unsafe chmod(loose, 0o644)
        #expect(try SigningKeys.load(set).looseSecrets == [loose])
    }

    @Test func `are refused where a mistake would weaken them`() throws {
        let signing = try TestSigning()
        let one = { (alg: String) in #"{"keys":[{"kid":"a","alg":"\#(alg)","file":"a"}]}"# }
        #expect(fault(one("HS256"), ["a": "short"])?.contains("shorter than 32 bytes") == true)
        #expect(fault(one("HS256"), ["a": signing.pem])?.contains("not a secret") == true)
        #expect(fault(one("EdDSA"), ["a": secret])?.contains("no PEM file") == true)
        #expect(fault(one("none"), ["a": secret])?.contains("are known") == true)
        #expect(fault(one("HS256"))?.contains("cannot be read") == true)
        #expect(fault(#"{"keys":[]}"#)?.contains("a key at least") == true)
        #expect(fault("{")?.contains("not JSON") == true)
        #expect(fault(#"{"keys":[{"kid":"a"}]}"#)?.contains("each key needs") == true)
        #expect(fault(#"{"audience":7,"keys":[{}]}"#)?.contains("audience") == true)
        let twice = #"{"kid":"a","alg":"HS256","file":"a"}"#
        #expect(fault("{\"keys\":[\(twice),\(twice)]}", ["a": secret])?.contains("twice") == true)
    }
}
