/// Where a connection comes from.
package struct PeerAddress: Hashable, Sendable {
    /// Nil for a unix socket.
    package let ip: IPAddress?
    package let port: UInt16

    package static let local = PeerAddress(ip: nil, port: 0)

    package init(ip: IPAddress?, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Sixteen bytes in network order, as the C side hands them over; a negative port means a unix socket.
    init(bytes: (UInt64, UInt64), port: Int32) {
        self.init(
            ip: port < 0 ? nil : IPAddress(high: UInt64(bigEndian: bytes.0), low: UInt64(bigEndian: bytes.1)),
            port: UInt16(clamping: port))
    }
}

/// Open connections of each client, by what limits count by.
struct ClientCounts {
    private var counts: [IPAddress: Int] = [:]

    /// Counts one more, unless the client has its share already.
    mutating func enter(_ key: IPAddress, limit: Int) -> Bool {
        guard counts[key, default: 0] < limit else { return false }
        counts[key, default: 0] += 1
        return true
    }

    mutating func leave(_ key: IPAddress) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
