import RelayLog
import RelayNet

/// Addresses, origins and log filters.
extension ValueKind where Value == String {
    /// A numeric address, as sockets are bound to no name.
    static var host: ValueKind {
        ValueKind(
            form: .word, placeholder: "ADDRESS", expectation: "an IPv4 or IPv6 address, or localhost",
            read: { Endpoint.host($0) }, write: { $0 })
    }
}

extension ValueKind where Value == Endpoint? {
    static var endpoint: ValueKind {
        ValueKind(
            form: .word, placeholder: "WHERE", expectation: "ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH",
            read: { text in Endpoint(text).map { .some($0) } }, write: { $0?.text ?? "" })
    }
}

extension ValueKind where Value == [String] {
    static var origins: ValueKind {
        list("ORIGIN", "origins such as https://chat.example.com", read: Origin.read, write: { $0 })
    }
}

extension ValueKind where Value == [AddressRange] {
    static var networks: ValueKind {
        list(
            "NETWORK", "addresses or networks such as 10.0.0.0/8", read: { AddressRange($0) },
            write: { $0.description })
    }
}

extension ValueKind {
    /// Several, separated by commas or spaces.
    private static func list<Element: Sendable & Equatable>(
        _ placeholder: String, _ expectation: String, read: @escaping @Sendable (String) -> Element?,
        write: @escaping @Sendable (Element) -> String
    ) -> ValueKind where Value == [Element] {
        ValueKind(
            form: .list, placeholder: placeholder, expectation: expectation + ", separated by commas or spaces",
            read: { text in
                var elements: [Element] = []
                for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
                    guard let element = read(String(part)) else { return nil }
                    if !elements.contains(element) { elements.append(element) }
                }
                return elements
            }, write: { $0.map(write).joined(separator: ",") })
    }
}

extension ValueKind where Value == LogFilter {
    static var filter: ValueKind {
        ValueKind(
            form: .word, placeholder: "FILTER", expectation: "levels such as info,relay.net=debug",
            read: { try? LogFilter(parsing: $0) }, write: { $0.description })
    }
}

enum Origin {
    /// Scheme, host and port, nothing behind it: browsers send no more. A slash at the end is a common slip and ignored.
    static func read(_ text: String) -> String? {
        let origin = (text.hasSuffix("/") ? text.dropLast() : text[...]).lowercased()
        guard let scheme = ["https://", "http://"].first(where: { origin.hasPrefix($0) }) else { return nil }
        let authority = origin.dropFirst(scheme.count).utf8
        let isPlain = authority.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isPlain && !authority.isEmpty ? origin : nil
    }
}

extension Endpoint {
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // What `sockaddr_un` has room for.
            guard (1...107).contains(path.utf8.count) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let known = Self.host(String(host)) else { return nil }
        self = .tcp(host: known, port: port)
    }

    static func host(_ text: String) -> String? {
        if text == "localhost" { return "127.0.0.1" }
        return IPAddress(text) == nil ? nil : text
    }

    var text: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// Whether only this machine can reach it.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): IPAddress(host)?.isLoopback ?? false
        }
    }

    var listener: Listener.Endpoint {
        switch self {
        case .unix(let path): .unix(path: path)
        case .tcp(let host, let port): .tcp(address: host, port: port)
        }
    }
}
