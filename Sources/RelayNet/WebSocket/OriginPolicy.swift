/// Which web pages may open a WebSocket. Browsers send `Origin`, other programs need not; so this protects people's
/// browsers from foreign pages, not the relay from programs.
package enum OriginPolicy: Sendable, Equatable {
    case any
    /// Only pages of the host the request went to, whatever the port.
    case sameHost
    /// Exactly these origins, such as `https://chat.example.com`.
    case only([String])

    func allows(_ head: RequestHead) -> Bool {
        switch head.count(of: "origin") {
        case 0: return true
        case 1: break
        default: return self == .any
        }
        guard let origin = head.value("origin")?.lowercased() else { return true }
        switch self {
        case .any: return true
        case .only(let origins): return origins.contains { $0.lowercased() == origin }
        case .sameHost:
            guard let scheme = origin.firstRange(of: "://"), let host = head.host?.lowercased() else { return false }
            return Self.name(in: origin[scheme.upperBound...]) == Self.name(in: host[...])
        }
    }

    /// The host of an authority without its port; an IPv6 address keeps its brackets.
    private static func name(in authority: Substring) -> Substring {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return authority[...end] }
        return authority.prefix { $0 != ":" }
    }
}
