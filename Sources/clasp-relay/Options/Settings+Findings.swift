/// What settings say about each other.
extension Settings {
    /// What must not be, and what deserves a remark.
    var findings: (faults: [Fault], notes: [String]) {
        let risks = risks
        let isProduction = server.environment == .production
        return (
            contradictions.map { Fault(.contradiction, $0) }
                + (isProduction ? risks.map { Fault(.unsafeInProduction, $0) } : []),
            isProduction ? [] : risks
        )
    }

    /// Tokens are asked for, and say nothing about who may do what.
    var lacksRules: Bool { !auth.isOpen && state.appConfig == nil }

    private var contradictions: [String] {
        var found: [String] = []
        if (tls.certificate == nil) != (tls.key == nil) {
            found.append("--tls-cert and --tls-key: one needs the other")
        }
        if server.isSinglePort, server.authListen != nil {
            found.append("--single-port and --auth-listen: with one port there is no other to listen on")
        }
        if let http = server.httpEndpoint, http == server.webSocketEndpoint, !http.letsKernelChoose {
            found.append(
                "\(http.text): the WebSocket port and the HTTP port are the same; --single-port makes them one")
        }
        if limits.laggingBytes >= limits.queueBytes {
            found.append("--lagging-mark: must be below --max-queue, \(ByteCount.text(limits.queueBytes))")
        }
        if let idle = limits.sessionTimeout, idle <= limits.pingInterval {
            found.append("--session-timeout: must be longer than --ping-interval, \(limits.pingInterval.text)")
        }
        if server.drainSpread > server.drainTimeout {
            found.append("--drain-spread: must not be longer than --drain-timeout, \(server.drainTimeout.text)")
        }
        if storage.degradedAt > storage.readOnlyAt {
            found.append("--disk-degraded: must not be above --disk-read-only")
        }
        if let rate = limits.rate, limits.burst < rate {
            found.append("--burst: must not be below --rate, \(rate)")
        }
        return found
    }

    private var risks: [String] {
        var found: [String] = []
        let endpoints = [server.webSocketEndpoint, server.httpEndpoint].compactMap { $0 }
        if auth.isOpen, let exposed = endpoints.first(where: { !$0.isLocal }) {
            found.append(
                "--open on \(exposed.text): everybody who reaches this address may read and write everything")
        }
        if !auth.isOpen, web.origins.isEmpty {
            found.append("--cors-origin is not set: pages of every web site may use the relay")
        }
        for origin in web.origins where origin.hasPrefix("http://") && !Self.isLocal(origin: origin) {
            found.append("--cors-origin \(origin): without https anybody on the way can change that page")
        }
        return found
    }

    private static func isLocal(origin: String) -> Bool {
        ["http://localhost", "http://127.0.0.1", "http://[::1]"].contains {
            origin == $0 || origin.hasPrefix($0 + ":")
        }
    }
}

extension Endpoint {
    fileprivate var letsKernelChoose: Bool {
        if case .tcp(_, 0) = self { true } else { false }
    }
}
