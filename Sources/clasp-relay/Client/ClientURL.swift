/// Where a client goes: scheme, host, port, path. No user, no fragment.
struct ClientURL: Sendable, Equatable {
    let scheme: String
    /// Without brackets.
    let host: String
    let port: UInt16
    let path: String

    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        let standard: UInt16
        switch scheme {
        case "http", "ws": standard = 80
        case "https", "wss": standard = 443
        default: return nil
        }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let tail = rest[authority.endIndex...]
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#"), !authority.contains("@") else {
            return nil
        }
        path = tail.hasPrefix("/") ? String(tail) : "/" + tail
        guard let (host, digits) = Self.split(authority), !host.isEmpty else { return nil }
        self.host = host
        guard let digits else {
            port = standard
            return
        }
        guard let number = UInt16(digits), number > 0 else { return nil }
        port = number
    }

    private static func split(_ authority: Substring) -> (host: String, port: Substring?)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            return (String(authority[..<end].dropFirst()), rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
        return (String(authority[..<colon]), authority[authority.index(after: colon)...])
    }

    var isEncrypted: Bool { scheme == "https" || scheme == "wss" }
    /// As it stands in `Host`.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
