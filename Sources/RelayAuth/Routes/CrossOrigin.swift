internal import RelayNet

/// Which web pages may read the answers of the second port (Fetch standard, "CORS protocol").
package struct CrossOrigin: Sendable, Equatable {
    /// Nil: all.
    private let listed: Set<String>?

    /// For development: any page, but never with cookies.
    package static let any = CrossOrigin(listed: nil)

    private init(listed: Set<String>?) { self.listed = listed }

    /// What is wrong with an entry, or merely put right.
    package struct Remark: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Reads the operator's list. Entries are put into the form in which browsers send them; `notes` says where that
    /// was needed.
    package init(_ origins: [String], notes: inout [Remark]) throws(Remark) {
        var listed: Set<String> = []
        for origin in origins {
            guard let read = Self.normalised(origin) else {
                throw Remark(description: "'\(origin)' is no origin, such as https://chat.example.com")
            }
            if read != origin { notes.append(Remark(description: "the origin '\(origin)' is taken as '\(read)'")) }
            listed.insert(read)
        }
        self.listed = listed
    }

    package var isPermissive: Bool { listed == nil }

    /// The list as it is compared, for the WebSocket port.
    package var origins: [String]? { listed?.sorted() }

    /// Scheme, host and port, if that is not the scheme's own; RFC 6454 §6.2. Nil with anything more.
    private static func normalised(_ text: String) -> String? {
        var origin = text.trimmed.lowercased()
        if origin.hasSuffix("/") { origin.removeLast() }
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where origin.hasPrefix(scheme) {
            if origin.hasSuffix(port) { origin.removeLast(port.count) }
            let authority = origin.dropFirst(scheme.count)
            let isPlain = authority.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && !Array("/?#@*\\\"'<>,;".utf8).contains(byte)
            }
            return isPlain && !authority.isEmpty ? origin : nil
        }
        return nil
    }

    /// Exactly as listed: no suffix, no prefix, no `null`.
    func allows(_ head: RequestHead) -> Bool {
        guard let listed else { return true }
        guard head.count(of: "origin") == 1, let origin = head.value("origin") else { return false }
        return listed.contains(origin)
    }

    /// Adds what the browser of an allowed page needs to see. Others get nothing, and their browser keeps the answer
    /// from them.
    func mark(_ response: inout HTTPResponse, to head: RequestHead, withCredentials: Bool) {
        if !isPermissive {
            response.vary(on: "Origin")
            guard allows(head), let origin = head.value("origin") else { return }
            response.set("Access-Control-Allow-Origin", origin)
            if withCredentials { response.set("Access-Control-Allow-Credentials", "true") }
        } else {
            response.set("Access-Control-Allow-Origin", "*")
        }
        guard head.method == .options, head.count(of: "access-control-request-method") > 0 else {
            response.set("Access-Control-Expose-Headers", "Retry-After")
            return
        }
        response.set("Access-Control-Allow-Methods", isPermissive ? "*" : "POST, OPTIONS")
        // `*` would leave out Authorization, so what is asked for is said back.
        response.set("Access-Control-Allow-Headers", head.value("access-control-request-headers") ?? "*")
        response.vary(on: "Access-Control-Request-Headers")
        response.set("Access-Control-Max-Age", "600")
    }
}
