/// An HTTP server with a thread of its own: the owner of its loop.
///
/// Another actor may live on the same thread by taking `executor` for its own; then its handlers answer without a
/// change of threads.
package actor HTTPPort: LoopOwner, HTTPServerOwner {
    package nonisolated let executor: LoopExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let loop: EventLoop
    private var server: HTTPServer

    /// Listens with `tls`, if that is given, or in the clear. `webSockets` is the loop that goes on with connections
    /// that ask for a WebSocket; nil answers them like any other request.
    package init(
        on executor: LoopExecutor, listeners: [Listener], router: Router, limits: HTTPLimits = HTTPLimits(),
        proxies: TrustedProxies = TrustedProxies(), tls: TLSContext? = nil, webSockets: LoopExecutor? = nil,
        observe: (@Sendable (HTTPExchange) -> Void)? = nil
    ) throws(SystemError) {
        self.executor = executor
        var wires = NetLimits()
        // Some more than are served, so that those beyond the bound can be told.
        wires.maxConnections = limits.maxConnections + 256
        wires.maxUnreadBytes = limits.maxRequestLineBytes + limits.maxHeaderBytes
        wires.stallTimeout = limits.stallTimeout
        // The last answer of a connection is given as much time as the others.
        wires.closeTimeout = limits.stallTimeout
        wires.flushInterval = .zero
        loop = try EventLoop(executor: executor, limits: wires)
        server = HTTPServer(router: router, limits: limits, proxies: proxies, webSockets: webSockets, observe: observe)
        for listener in listeners { try loop.listen(raw: listener, transports: tls) }
        server.belong(to: self)
    }

    /// Starts the port's thread.
    package nonisolated func start(name: String = "http") throws(SystemError) { try executor.start(self, name: name) }

    package func poll() { loop.poll(&server) }
    package func flush() { loop.flush(&server) }

    package func deliver(_ response: HTTPResponse, for ticket: HTTPTicket) {
        server.deliver(response, for: ticket, on: loop)
    }

    package var counters: HTTPCounters { server.counters }

    /// Stops accepting, lets each connection have the answer it waits for, then ends the thread; `executor.join()`
    /// waits for that. Whoever still has a connection after `grace` loses it.
    package func shutDown(grace: Duration = .seconds(10)) {
        server.close(on: loop, grace: grace, whenDone: executor.stop)
    }
}
