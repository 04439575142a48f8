internal import COpenSSL

/// SHA-256 over what passes by.
@safe final class ContentDigest {
    private let context: OpaquePointer?

    init() {
        unsafe context = EVP_MD_CTX_new()
        unsafe _ = EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    func add(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// In hexadecimal digits; ends it.
    func finish() -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard unsafe EVP_DigestFinal_ex(context, &bytes, nil) == 1 else { return "" }
        return bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
