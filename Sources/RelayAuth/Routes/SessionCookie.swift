package import RelayNet

/// A cookie with the token, for pages that cannot keep one safely.
///
/// No script can read it, it travels encrypted only, and no other site can make a browser send it. A request that it
/// authenticates must besides come from a page of ours: `isFromOwnPage`.
package struct SessionCookie: Sendable, Equatable {
    package var name: String

    package init(name: String = "token") { self.name = name }

    /// The token that a browser sends, also with the handshake of a WebSocket. Two cookies of that name are none:
    /// somebody else put one there.
    package func token(in head: RequestHead) -> String? {
        let found = head.values("cookie").flatMap { $0.split(separator: ";") }.compactMap { pair -> String? in
            let pair = String(pair).trimmed
            return pair.hasPrefix(name + "=") ? String(pair.dropFirst(name.count + 1)) : nil
        }
        return found.count == 1 ? found.first : nil
    }

    func setting(_ token: String, for lifetime: Duration?) -> String {
        let age = lifetime.map { "; Max-Age=\($0.components.seconds)" } ?? ""
        return "\(name)=\(token); Path=/\(age); HttpOnly; Secure; SameSite=Strict"
    }

    var removal: String { setting("", for: .zero) }

    /// The rule against requests that a foreign page makes in a user's name: `Origin` must be listed, or name the host
    /// that is asked; a browser that sends none says at least that the request stays on the site.
    package static func isFromOwnPage(_ head: RequestHead, _ crossOrigin: CrossOrigin) -> Bool {
        switch head.count(of: "origin") {
        case 0: return head.value("sec-fetch-site") == "same-origin"
        case 1: break
        default: return false
        }
        if !crossOrigin.isPermissive, crossOrigin.allows(head) { return true }
        guard let origin = head.value("origin")?.lowercased(), let host = head.host?.lowercased() else { return false }
        return origin == "https://" + host || origin == "http://" + host
    }
}
