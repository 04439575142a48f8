package import RelayAuth
package import RelayNet
import RelayProtocol
import RelayStorage

/// Owner of the state, alive on a loop's thread: a frame goes from its socket to the state and on to the subscribers
/// without a change of threads, a lock or an `await`.
package actor Relay: LoopOwner {
    package nonisolated let executor: LoopExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let loop: EventLoop
    private var wire: RelayWire

    package init(
        on executor: LoopExecutor, hub: consuming sending Hub, options: sending RelayOptions, listeners: [Listener],
        signals: Signals? = nil, store: sending DurableState? = nil, tokens: TokenFeed? = nil,
        surroundings: RelaySurroundings = RelaySurroundings(), log: WireLog
    ) throws(SystemError) {
        self.executor = executor
        loop = try EventLoop(executor: executor, limits: options.wires)
        loop.subprotocol = "clasp"
        loop.plainRequests = options.plainRequests
        loop.maxConnections = options.maxConnections
        loop.originPolicy = options.originPolicy
        loop.proxies = options.proxies
        loop.compression = options.compression
        wire = RelayWire(
            hub, store, shutdown: Shutdown(options, stop: executor.stop), feed: tokens,
            tokenOf: options.tokenOf, surroundings, log: log)
        if let signals { try loop.watch(signals) }
        for listener in listeners { try loop.listen(listener, transports: options.tls) }
    }

    package nonisolated func start() throws(SystemError) { try executor.start(self, name: "relay") }

    package func poll() {
        wire.beginTurn()
        loop.poll(&wire)
    }

    package func flush() {
        wire.endTurn(on: loop)
        loop.flush(&wire)
    }

    /// Says goodbye to everybody and ends the thread; asked a second time, ends it at once.
    package func shutDown() { wire.shutDown(on: loop) }
}

extension Relay {
    /// Takes other terms, which hold for those who are in, too.
    package func use(_ terms: RelayTerms) { wire.use(terms, on: loop) }

    /// Fills in what the relay knows of itself.
    package func fill(_ status: RelayStatus) -> RelayStatus {
        var status = status
        wire.fill(&status, on: loop)
        return status
    }
}

/// What an operator can change while the relay runs.
package struct RelayTerms: Sendable {
    package var limits: HubLimits
    /// Nil: as it was.
    package var policy: Policy?
    package var originPolicy: OriginPolicy
    package var maxConnections: Int

    package init(limits: HubLimits, policy: Policy?, originPolicy: OriginPolicy, maxConnections: Int) {
        self.limits = limits
        self.policy = policy
        self.originPolicy = originPolicy
        self.maxConnections = maxConnections
    }
}

/// What the relay tells the process around it. Called on the loop's thread, so nothing here may wait.
package struct RelaySurroundings: Sendable {
    /// About once a second, as proof of life.
    package var beat: @Sendable () -> Void = {}
    /// The operator wants the settings read again.
    package var reload: @Sendable () -> Void = {}
    /// No further connection is taken.
    package var leaving: @Sendable () -> Void = {}

    package init() {}
}

/// How the relay treats its connections; everything about CLASP itself is in `HubLimits`.
package struct RelayOptions {
    package var wires = NetLimits()
    /// Sockets beyond so many are turned away at once.
    package var maxConnections = NetLimits().maxConnections
    /// Who answers what is no WebSocket on the same port; nil answers probes here.
    package var plainRequests: LoopExecutor?
    package var originPolicy = OriginPolicy.any
    package var proxies = TrustedProxies()
    package var compression: DeflateOptions?
    package var tls: (any TransportSource)?
    /// The token that comes with the request for a WebSocket, as in a cookie.
    package var tokenOf: @Sendable (RequestHead) -> String? = { _ in nil }
    /// The longest that leaving may take, and over how much of it the goodbyes are spread.
    package var drainTimeout = Duration.seconds(30)
    package var drainSpread = Duration.seconds(20)

    package init() {}
}
