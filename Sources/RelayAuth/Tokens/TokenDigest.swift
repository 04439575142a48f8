internal import COpenSSL

/// The SHA-256 of a secret: what is kept instead of it, and its name in tables.
///
/// A lookup by digest takes no longer for a secret that is nearly right: who has none cannot aim at one.
package struct TokenDigest: Sendable, Hashable {
    private let words: InlineWords

    private struct InlineWords: Sendable, Hashable {
        var a: UInt64 = 0
        var b: UInt64 = 0
        var c: UInt64 = 0
        var d: UInt64 = 0
    }

    package init(of secret: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        _ = unsafe SHA256(secret, secret.count, &bytes)
        words = Self.words(bytes)
    }

    package init(of secret: String) { self.init(of: Array(secret.utf8)) }

    package static let byteCount = 32

    /// As stored; nil for another length.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        words = Self.words(bytes)
    }

    private static func words(_ bytes: [UInt8]) -> InlineWords {
        func word(_ index: Int) -> UInt64 { bytes[index..<index + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        return InlineWords(a: word(0), b: word(8), c: word(16), d: word(24))
    }

    package var bytes: [UInt8] {
        [words.a, words.b, words.c, words.d].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }

    /// The first 16 hexadecimal digits: how people and log lines name a token. Nobody gets in with it.
    package var shortName: String {
        let digits = String(words.a, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
