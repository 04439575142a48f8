import RelayJSON
import RelayNet

/// Tells the pages that the relay itself serves where the relay is: they are asked for at another port.
///
/// Behind a proxy the pages find the relay at the proxy's own address, so there they are told nothing.
struct ChatAddress: Sendable {
    let port: UInt16
    let isSecure: Bool
    let isOpen: Bool

    func addRoute(to router: inout Router) {
        router.on(.get, "/chat/config.json") { request in
            guard !request.client.isForwarded, let host = request.head.host else { return .json(Array("{}".utf8)) }
            return .json(document(host: Self.name(of: host)).encoded())
        }
    }

    private func document(host: String) -> JSONValue {
        ["relayUrl": .string("\(isSecure ? "wss" : "ws")://\(host):\(port)"), "open": .bool(isOpen)]
    }

    /// The host without its port; an IPv6 address keeps its brackets.
    private static func name(of host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }
}
