import Glibc

/// Names one answer that is owed: to which connection, and to which of its requests.
package struct HTTPTicket: Sendable {
    let connection: ConnectionID
    let serial: UInt64
}

/// The actor on whose thread a server lives; late answers come back through it.
package protocol HTTPServerOwner: Actor {
    func deliver(_ response: HTTPResponse, for ticket: HTTPTicket)
}

/// Serves HTTP/1.1 on the raw connections of a loop. Belongs to the loop's owner and its thread.
package final class HTTPServer: WireHandler {
    private let site: HTTPSite
    /// By index in the loop's table; a generation that does not match is somebody else.
    private var connections: [ConnectionIndex: (id: ConnectionID, connection: HTTPConnection)] = [:]
    private weak var owner: (any HTTPServerOwner)?
    /// Set while the server is closing.
    private var whenDone: (() -> Void)?

    private enum Timers {
        static let look: UInt64 = 0
        static let endOfGrace: UInt64 = 1
    }
    /// How often a closing server looks whether the last socket is gone, and one that gives a connection away whether
    /// its last byte is.
    private static let lookInterval = Duration.milliseconds(20)

    package init(
        router: Router, limits: HTTPLimits = HTTPLimits(), proxies: TrustedProxies = TrustedProxies(),
        webSockets: LoopExecutor? = nil, observe: (@Sendable (HTTPExchange) -> Void)? = nil
    ) {
        site = HTTPSite(router: router, limits: limits, proxies: proxies, webSockets: webSockets, observe: observe)
    }

    /// Must be told before the first request that is answered later.
    package func belong(to owner: any HTTPServerOwner) { self.owner = owner }

    package var counters: HTTPCounters {
        var counters = site.counters
        counters.connections = connections.count
        return counters
    }

    /// Takes no further request: idle connections end now, the others after the answer they owe. `whenDone` is called
    /// once the last byte has been sent and the last socket closed, or at the end of `grace` at the latest.
    package func close(on loop: EventLoop, grace: Duration, whenDone: @escaping () -> Void) {
        guard self.whenDone == nil else { return }
        self.whenDone = whenDone
        site.isClosing = true
        loop.closeListeners()
        for (id, connection) in connections.values {
            connection.close(at: time(loop))
            settle(id, connection, on: loop)
        }
        _ = loop.setTimer(Timers.look, after: Self.lookInterval)
        _ = loop.setTimer(Timers.endOfGrace, after: grace)
    }

    package func deliver(_ response: HTTPResponse, for ticket: HTTPTicket, on loop: EventLoop) {
        guard let connection = find(ticket.connection) else { return }
        connection.complete(ticket.serial, response, at: time(loop))
        settle(ticket.connection, connection, on: loop)
    }

    // MARK: What the loop tells

    package func opened(raw id: ConnectionID, from address: PeerAddress, on loop: EventLoop) {
        let isEncrypted = loop.isEncrypted(id)
        let connection = HTTPConnection(site, peer: address.ip, isEncrypted: isEncrypted, at: time(loop))
        connections[id.index] = (id, connection)
        if connections.count > site.limits.maxConnections || site.isClosing {
            // Before its handshake an encrypted connection cannot be told anything.
            if isEncrypted { return loop.abort(id) }
            connection.refuseService(at: time(loop))
        }
        settle(id, connection, on: loop)
    }

    package func received(bytes: RawSpan, from id: ConnectionID, on loop: EventLoop) -> Int {
        guard let connection = find(id) else { return bytes.byteCount }
        connection.receive(bytes, at: time(loop))
        settle(id, connection, on: loop)
        return bytes.byteCount
    }

    package func inputEnded(_ id: ConnectionID, on loop: EventLoop) {
        guard let connection = find(id) else { return }
        connection.endInput(at: time(loop))
        settle(id, connection, on: loop)
    }

    package func drained(_ id: ConnectionID, on loop: EventLoop) {
        guard let connection = find(id) else { return }
        connection.drained(at: time(loop))
        settle(id, connection, on: loop)
    }

    package func deadlinePassed(_ id: ConnectionID, on loop: EventLoop) {
        guard let connection = find(id) else { return }
        connection.checkDeadline(at: time(loop))
        settle(id, connection, on: loop)
    }

    package func closed(_ id: ConnectionID, _ closure: Closure, on loop: EventLoop) {
        guard let connection = find(id) else { return }
        connection.release()
        connections[id.index] = nil
    }

    package func timer(_ token: UInt64, on loop: EventLoop) {
        guard let whenDone else { return }
        if token == Timers.look, loop.connectionCount > 0 {
            _ = loop.setTimer(Timers.look, after: Self.lookInterval)
        } else {
            whenDone()
        }
    }

    // MARK: Carrying out

    private func find(_ id: ConnectionID) -> HTTPConnection? {
        guard let known = connections[id.index], known.id == id else { return nil }
        return known.connection
    }

    private func time(_ loop: EventLoop) -> HTTPTime {
        HTTPTime(ticks: loop.ticks, unixSeconds: Int64(Glibc.time(nil)))
    }

    /// Does what the connection wants done after it was told something.
    private func settle(_ id: ConnectionID, _ connection: HTTPConnection, on loop: EventLoop) {
        let output = connection.takeOutput()
        if !output.isEmpty { loop.send(bytes: output.octetSpan, to: id) }
        switch connection.end {
        case .finish: return loop.finish(id)
        case .abort: return loop.abort(id)
        case nil: break
        }
        if connection.isLeaving, handOver(id, connection, on: loop) { return }
        if let call = connection.takeCall() { start(call, for: id) }
        if connection.awaitsDrain { loop.tellWhenDrained(id) }
        if connection.wantsInput { loop.resumeReading(id) } else { loop.pauseReading(id) }
        let left = connection.deadline > loop.ticks ? connection.deadline - loop.ticks : 0
        let wait = Duration.milliseconds(Int64(clamping: left))
        loop.setDeadline(id, after: connection.isLeaving ? min(wait, Self.lookInterval) : wait)
    }

    /// Gives the connection to the loop of WebSockets; false while it still has answers to take.
    private func handOver(_ id: ConnectionID, _ connection: HTTPConnection, on loop: EventLoop) -> Bool {
        let unread = connection.input
        guard let passenger = loop.detach(id, unread: unread.bytes) else { return false }
        site.webSockets?.board(webSocket: passenger)
        return true
    }

    /// The handler runs where it likes; a connection has at most one at work, so there are never more than connections.
    private func start(_ call: HTTPConnection.Call, for id: ConnectionID) {
        guard let owner else { preconditionFailure("a server with late answers belongs to somebody") }
        let ticket = HTTPTicket(connection: id, serial: call.serial)
        Task { [answer = call.answer, request = call.request] in
            await owner.deliver(await answer(request), for: ticket)
        }
    }
}
