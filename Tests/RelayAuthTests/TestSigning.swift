import COpenSSL
import RelayJSON

@testable import RelayAuth

/// Keys of a signer, and tokens signed with them – properly, or as an attacker would.
struct TestSigning {
    static let edName = "ed-1"
    static let hsName = "hs-1"
    let secret = Array("0123456789abcdef0123456789abcdef".utf8)
    private let seed: [UInt8]
    let publicKey: [UInt8]

    init() throws {
        seed = Secret.bytes(32)
        var key = [UInt8](repeating: 0, count: 32)
        var count = 32
        let pair = unsafe EVP_PKEY_new_raw_private_key(NID_ED25519, nil, seed, seed.count)
        unsafe EVP_PKEY_get_raw_public_key(pair, &key, &count)
        unsafe EVP_PKEY_free(pair)
        publicKey = key
    }

    var keys: SigningKeys {
        SigningKeys(
            keys: [
                Self.edName: SigningKeys.Key(algorithm: .edDSA(publicKey), issuer: nil),
                Self.hsName: SigningKeys.Key(algorithm: .hs256(secret), issuer: nil),
                "issued": SigningKeys.Key(algorithm: .hs256(secret), issuer: "https://id.example.com"),
            ], audience: SigningKeys.defaultAudience)
    }

    /// As `openssl pkey -pubout` writes it.
    var pem: String {
        let head: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        return "-----BEGIN PUBLIC KEY-----\n\(PHCBase64.encode(head + publicKey))=\n-----END PUBLIC KEY-----\n"
            .replacing("==", with: "=")
    }

    static func base64url(_ bytes: [UInt8]) -> String {
        PHCBase64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_")
    }

    func token(_ claims: String, header: String = #"{"alg":"EdDSA","kid":"ed-1"}"#) -> String {
        token(claims, header: header) { ed25519($0) }
    }

    func token(_ claims: String, header: String, signedBy sign: ([UInt8]) -> [UInt8]) -> String {
        let signed = Self.base64url(Array(header.utf8)) + "." + Self.base64url(Array(claims.utf8))
        return signed + "." + Self.base64url(sign(Array(signed.utf8)))
    }

    func ed25519(_ message: [UInt8]) -> [UInt8] {
        let key = unsafe EVP_PKEY_new_raw_private_key(NID_ED25519, nil, seed, seed.count)
        let context = unsafe EVP_MD_CTX_new()
        var signature = [UInt8](repeating: 0, count: 64)
        var count = 64
        unsafe EVP_DigestSignInit(context, nil, nil, nil, key)
        unsafe EVP_DigestSign(context, &signature, &count, message, message.count)
        unsafe EVP_MD_CTX_free(context)
        unsafe EVP_PKEY_free(key)
        return signature
    }
}
