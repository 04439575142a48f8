/// Veils what must not be read in a log: tokens wherever they stand, passwords beside their names, the user part of a
/// URL. It errs on the side of veiling too much.
///
/// Works on bytes, so that it does not matter what surrounds a secret. Everything found becomes `…`.
package enum Redaction {
    package static let veil = "…"

    package static func veiled(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var scan = Scan(bytes)
        scan.run()
        return scan.found ? String(decoding: scan.output, as: UTF8.self) : text
    }

    /// Whether a field of that name is veiled whatever it contains.
    package static func isSecret(key: String) -> Bool {
        let lower = Array(key.lowercased().utf8)
        return secretNames.contains { name in ends(lower, with: name) }
    }

    private static func ends(_ bytes: [UInt8], with name: [UInt8]) -> Bool {
        bytes.count >= name.count && matches(bytes, at: bytes.count - name.count, name)
    }

    /// Case-insensitive; `word` is in lower case.
    fileprivate static func matches(_ bytes: [UInt8], at start: Int, _ word: [UInt8]) -> Bool {
        guard start >= 0, bytes.count - start >= word.count else { return false }
        for index in word.indices where bytes[start + index] | 0x20 != word[index] | 0x20 { return false }
        return true
    }

    /// In lower case. A name may have more in front of it (`new_password`, `X-Auth-Token`).
    fileprivate static let secretNames: [[UInt8]] = [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "authorization", "cookie", "api_key", "apikey",
        "api-key", "private_key", "privatekey", "signature", "credential", "credentials", "jwt", "totp",
    ].map { Array($0.utf8) }

    /// What a secret or its name can begin with, in lower case: all other bytes are passed over at once.
    fileprivate static let firstBytes: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        let words = secretNames + tokenPrefixes.map(\.word) + ["eyj", "bearer", "basic", ":"].map { Array($0.utf8) }
        for word in words { table[Int(word[0] | 0x20)] = true }
        return table
    }()

    fileprivate static let headerNames = ["authorization", "cookie"].map { Array($0.utf8) }

    /// Prefixes of tokens, and how many characters must follow where a word could begin the same way (`event_`).
    fileprivate static let tokenPrefixes: [(word: [UInt8], atLeast: Int, insideWord: Int)] = [
        (Array("cpsk_".utf8), 1, 1), (Array("cap_".utf8), 6, 12), (Array("ent_".utf8), 6, 20),
    ]
}

private struct Scan {
    let bytes: [UInt8]
    var output: [UInt8] = []
    var index = 0
    var found = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        output.reserveCapacity(bytes.count)
    }

    mutating func run() {
        while index < bytes.count {
            let start = index
            while index < bytes.count, !Redaction.firstBytes[Int(bytes[index] | 0x20)] { index += 1 }
            output.append(contentsOf: bytes[start..<index])
            guard index < bytes.count else { return }
            if token() || jsonWebToken() || scheme("bearer") || scheme("basic") || userinfo() || named() { continue }
            output.append(bytes[index])
            index += 1
        }
    }

    private mutating func hide(from start: Int, to end: Int) {
        output.append(contentsOf: bytes[index..<start])
        output.append(contentsOf: Redaction.veil.utf8)
        index = end
        found = true
    }

    private func isTokenByte(_ byte: UInt8) -> Bool {
        isWordByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "=")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "~")
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func endOfToken(from start: Int) -> Int {
        var end = start
        while end < bytes.count, isTokenByte(bytes[end]) { end += 1 }
        return end
    }

    /// `cpsk_…`, `cap_…`, `ent_…`: the prefix stays, so that the reader knows what kind it was.
    private mutating func token() -> Bool {
        for (word, atLeast, insideWord) in Redaction.tokenPrefixes where Redaction.matches(bytes, at: index, word) {
            let start = index + word.count
            let end = endOfToken(from: start)
            let isInside = index > 0 && isWordByte(bytes[index - 1])
            if end - start >= (isInside ? insideWord : atLeast) {
                hide(from: start, to: end)
                return true
            }
        }
        return false
    }

    /// RFC 7519: base64url of `{"…`, then more parts behind points.
    private mutating func jsonWebToken() -> Bool {
        guard bytes.count - index >= 10, bytes[index] == UInt8(ascii: "e"), bytes[index + 1] == UInt8(ascii: "y"),
            bytes[index + 2] == UInt8(ascii: "J")
        else { return false }
        let end = endOfToken(from: index)
        guard end - index >= 10 else { return false }
        hide(from: index, to: end)
        return true
    }

    /// RFC 9110 §11.4: the credentials behind the name of a scheme.
    private mutating func scheme(_ name: StaticString) -> Bool {
        let word = Array(name.description.utf8)
        guard Redaction.matches(bytes, at: index, word) else { return false }
        var start = index + word.count
        // Also as a URL or a form writes the space.
        while start < bytes.count {
            if bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "+")
                || bytes[start] == UInt8(ascii: ":")
            {
                start += 1
            } else if Redaction.matches(bytes, at: start, Array("%20".utf8)) {
                start += 3
            } else {
                break
            }
        }
        let end = endOfToken(from: start)
        guard start > index + word.count, end - start >= 6 else { return false }
        hide(from: start, to: end)
        return true
    }

    /// `scheme://user:password@host`. Up to the last `@` of the word: an unescaped `/` or `@` in a password is common.
    private mutating func userinfo() -> Bool {
        guard Redaction.matches(bytes, at: index, Array("://".utf8)), bytes[index] == UInt8(ascii: ":") else {
            return false
        }
        let start = index + 3
        var end = start
        var at: Int?
        while end < bytes.count, bytes[end] > 0x20, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "<"),
            bytes[end] != UInt8(ascii: ">")
        {
            if bytes[end] == UInt8(ascii: "@") { at = end }
            end += 1
        }
        guard let at else { return false }
        hide(from: start, to: at)
        return true
    }

    /// `password=x`, `"password": "x"`, `token=x` in a query, `Authorization: x`, also escaped once more.
    private mutating func named() -> Bool {
        for name in Redaction.secretNames where Redaction.matches(bytes, at: index, name) {
            guard let start = startOfValue(behind: index + name.count) else { continue }
            let end = endOfValue(from: start, isHeader: Redaction.headerNames.contains(name))
            if end > start {
                hide(from: start, to: end)
                return true
            }
        }
        return false
    }

    /// Skips what may stand between a name and its value: a closing quote, `=` or `:`, space. Nil without a separator.
    private func startOfValue(behind name: Int) -> Int? {
        var index = name
        // A plural or a digit may follow the name: `tokens=`, `password2=`.
        while index < bytes.count, isWordByte(bytes[index]), index - name < 12 { index += 1 }
        while index < bytes.count, isFiller(bytes[index]) { index += 1 }
        guard index < bytes.count else { return nil }
        if bytes[index] == UInt8(ascii: "=") || bytes[index] == UInt8(ascii: ":") {
            index += 1
        } else if Redaction.matches(bytes, at: index, Array("%3d".utf8))
            || Redaction.matches(bytes, at: index, Array("%3a".utf8))
        {
            index += 3
        } else {
            return nil
        }
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        return index
    }

    private func isFiller(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == 0x20
            || byte == 0x09 || byte == UInt8(ascii: "]")
    }

    /// A quoted value ends at the quote that is escaped as often as the opening one; another at white space or `&`, and
    /// the value of a header, which may have several words, with the line.
    private func endOfValue(from start: Int, isHeader: Bool) -> Int {
        var index = start
        while index < bytes.count, bytes[index] == UInt8(ascii: "\\") { index += 1 }
        let escapes = index - start
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else {
            return isHeader ? endOfLine(from: start) : endOfWord(from: start)
        }
        let quote = bytes[index]
        index += 1
        var backslashes = 0
        while index < bytes.count {
            if bytes[index] == quote, backslashes == escapes || (escapes == 0 && backslashes % 2 == 0) {
                return index + 1
            }
            backslashes = bytes[index] == UInt8(ascii: "\\") ? backslashes + 1 : 0
            index += 1
        }
        return index
    }

    private func endOfLine(from start: Int) -> Int {
        bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D || $0 == UInt8(ascii: "\"") } ?? bytes.count
    }

    private func endOfWord(from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] > 0x20, bytes[end] != UInt8(ascii: "&") { end += 1 }
        return end
    }
}
