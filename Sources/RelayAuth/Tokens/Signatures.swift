internal import COpenSSL

/// The two signatures that a token may bear.
enum Signatures {
    static let ed25519KeyBytes = 32
    static let ed25519SignatureBytes = 64

    /// RFC 8032.
    static func isEd25519(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard publicKey.count == ed25519KeyBytes, signature.count == ed25519SignatureBytes else { return false }
        guard let key = unsafe EVP_PKEY_new_raw_public_key(NID_ED25519, nil, publicKey, publicKey.count) else {
            ERR_clear_error()
            return false
        }
        defer { unsafe EVP_PKEY_free(key) }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        let isReady = unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
        let verdict = unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count)
        let isValid = isReady && verdict == 1
        // Each refusal leaves a note in the thread's queue of errors, where TLS would find it.
        if !isValid { ERR_clear_error() }
        return isValid
    }

    /// RFC 2104 with SHA-256, compared in constant time.
    static func isHMAC(_ code: [UInt8], of message: [UInt8], by secret: [UInt8]) -> Bool {
        equal(code, hmac(of: message, by: secret))
    }

    static func hmac(of message: [UInt8], by secret: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        let isDone = unsafe HMAC(
            EVP_sha256(), secret, Int32(clamping: secret.count), message, message.count, &code, &count)
        precondition(unsafe isDone != nil && count == 32, "libcrypto cannot compute a SHA-256")
        return code
    }

    /// Takes as long for a difference at the beginning as for one at the end.
    static func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return unsafe CRYPTO_memcmp(one, other, one.count) == 0
    }
}
