import Relay
import RelayNet
import RelayStorage

/// What the rooms are to do, from what the operator decided.
extension Settings {
    var hubLimits: HubLimits {
        var hub = HubLimits()
        hub.maxSessions = limits.sessions ?? 0
        hub.helloTimeout = limits.helloTimeout.microseconds
        hub.maxParams = limits.params ?? 0
        hub.maxSessionsPerUser = limits.sessionsPerUser ?? 0
        hub.maxCreatedPerUser = limits.paramsPerUser ?? 0
        hub.maxCreatedPerGuest = limits.paramsPerGuest ?? 0
        hub.paramTimeToLive = UInt32(clamping: (state.defaultParamTTL ?? .zero).components.seconds)
        hub.maxSubscriptions = limits.subscriptions
        hub.messageRate = limits.rate ?? 0
        hub.messageBurst = limits.burst
        hub.freeSubscribes = UInt16(clamping: limits.freeSubscribes)
        hub.maxDefinitions = limits.definitions
        hub.definitionTimeToLive = UInt32(clamping: (state.defaultSignalTTL ?? .zero).components.seconds)
        return hub
    }

    var wireLimits: NetLimits {
        var wires = NetLimits()
        // Address space only: `maxConnections` below is the bound, and it can be moved.
        wires.maxConnections = Self.mostConnections
        wires.maxMessageBytes = limits.messageBytes
        wires.maxPendingBytes = limits.queueBytes
        wires.laggingMark = limits.laggingBytes
        wires.drainedMark = min(wires.drainedMark, limits.laggingBytes / 4)
        wires.stallTimeout = limits.stallTimeout
        wires.handshakeTimeout = limits.handshakeTimeout
        wires.idleTimeout = limits.sessionTimeout
        wires.pingInterval = limits.pingInterval
        wires.maxMissedPings = limits.missedPings
        wires.flushInterval = limits.flushInterval
        wires.maxAcceptsPerSecond = limits.acceptsPerSecond
        wires.maxPerClient = limits.sessionsPerAddress
        return wires
    }

    private static let mostConnections = 1 << 20

    /// Sockets that are let in: some more than the hub takes, so that those beyond its bound can be told.
    var maxConnections: Int {
        limits.sessions.map { min(Self.mostConnections, $0 + 1024) } ?? Self.mostConnections
    }

    /// What holds from now on; without a policy, the one that there is.
    func terms(_ policy: Policy?) -> RelayTerms {
        RelayTerms(limits: hubLimits, policy: policy, originPolicy: originPolicy, maxConnections: maxConnections)
    }

    /// Which pages may connect. With a list exactly those; without one a relay that asks for tokens lets everybody try,
    /// and one that does not protects people's browsers from foreign pages.
    var originPolicy: OriginPolicy {
        if !web.origins.isEmpty { return .only(web.origins) }
        return auth.isOpen ? .sameHost : .any
    }

    /// Nil where the relay speaks in the clear.
    func tlsContext() throws(Fault) -> TLSContext? {
        guard let certificate = tls.certificate, let key = tls.key else { return nil }
        do throws(TLSError) {
            return try TLSContext(certificate: certificate, key: key)
        } catch {
            throw Fault(.invalidCertificate, error.description)
        }
    }

    func relayOptions(_ tls: TLSContext?, _ accounts: Accounts?) -> RelayOptions {
        var options = RelayOptions()
        options.wires = wireLimits
        options.maxConnections = maxConnections
        options.originPolicy = originPolicy
        options.proxies = web.proxies
        options.compression = compression
        options.tls = tls
        if let service = accounts?.service { options.tokenOf = { service.cookieToken(in: $0) } }
        options.drainTimeout = server.drainTimeout
        options.drainSpread = server.drainSpread
        return options
    }

    /// What a message may unpack to whatever its ratio: small ones that repeat themselves are common and harmless.
    private static let unquestionedBytes = 16 << 10

    private var compression: DeflateOptions? {
        guard web.isDeflateOn else { return nil }
        var options = DeflateOptions()
        options.maxRatio = limits.inflateRatio
        options.alwaysAllowedBytes = Self.unquestionedBytes
        return options
    }
}

extension Endpoint {
    /// Where it really listens, once the kernel has chosen a port.
    func text(port actual: UInt16) -> String {
        switch self {
        case .tcp(let host, _): Endpoint.tcp(host: host, port: actual).text
        case .unix: text
        }
    }
}

extension Duration {
    var microseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) &* 1_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000_000)
    }
}
