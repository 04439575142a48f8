/// The instant of a call, by both clocks: deadlines count monotonic milliseconds, `Date` tells the time of day.
package struct HTTPTime: Sendable, Equatable {
    package var ticks: UInt64
    package var unixSeconds: Int64

    package init(ticks: UInt64, unixSeconds: Int64) {
        self.ticks = ticks
        self.unixSeconds = unixSeconds
    }

    func after(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        let milliseconds = max(0, min(seconds, 1 << 40)) * 1_000 + max(0, attoseconds / 1_000_000_000_000_000)
        return ticks &+ UInt64(milliseconds)
    }
}

/// What happened to one request, for whoever logs and counts.
package struct HTTPExchange: Sendable {
    package let client: ClientAddress?
    /// Nil when not even the head could be read.
    package let head: RequestHead?
    package let status: HTTPStatus
    package let milliseconds: UInt64
}

package struct HTTPCounters: Sendable, Equatable {
    package var connections = 0
    package var requests = 0
    /// By the first digit of the status, 1…5; index 0 is unused.
    package var responses = [0, 0, 0, 0, 0, 0]
    package var timeouts = 0
    /// Turned away because there were too many in all, or of one client.
    package var refusedFull = 0
    package var refusedPerClient = 0
    package var bytesOut = 0

    package init() {}
}

/// What the connections of one port have in common. Belongs to the server's thread.
final class HTTPSite {
    let router: Router
    let limits: HTTPLimits
    let proxies: TrustedProxies
    /// Who goes on with connections that ask for a WebSocket.
    let webSockets: LoopExecutor?
    let observe: (@Sendable (HTTPExchange) -> Void)?
    var encoder = ResponseEncoder()
    var counters = HTTPCounters()
    /// No further request is taken: each connection ends after the answer it owes.
    var isClosing = false
    private var clients: [IPAddress: Int] = [:]

    init(
        router: Router, limits: HTTPLimits = HTTPLimits(), proxies: TrustedProxies = TrustedProxies(),
        webSockets: LoopExecutor? = nil, observe: (@Sendable (HTTPExchange) -> Void)? = nil
    ) {
        self.router = router
        self.limits = limits
        self.proxies = proxies
        self.webSockets = webSockets
        self.observe = observe
    }

    /// Counts a connection for a client, unless that one has as many as it may.
    func admit(_ key: IPAddress) -> Bool {
        let count = clients[key, default: 0]
        guard count < limits.maxConnectionsPerClient else { return false }
        clients[key] = count + 1
        return true
    }

    func dismiss(_ key: IPAddress) {
        guard let count = clients[key] else { return }
        clients[key] = count > 1 ? count - 1 : nil
    }

    var countedClients: Int { clients.count }
}
