import RelayThreads

/// Every bound of a loop's connections, with its reason.
package struct NetLimits: Sendable {
    /// Connections of one loop. Address space is reserved for all of them, memory used only by those that exist.
    package var maxConnections = 65_536
    /// One message, decompressed: CLASP's largest frame.
    package var maxMessageBytes = 65_547
    /// Output one peer may leave waiting; beyond it 1013.
    package var maxPendingBytes = 1 << 20
    /// From here on a peer is lagging: what can be conflated is no longer queued for it.
    package var laggingMark = 256 << 10
    /// Where a lagging peer counts as caught up; well below the mark so that it does not flicker.
    package var drainedMark = 64 << 10
    /// Input is not read from a peer that does not take its output. For servers that answer what they are sent.
    package var pausesLagging = false
    /// Without the socket taking a byte of what waits: 1013.
    package var stallTimeout = Duration.seconds(30)
    /// From accept to the end of the upgrade request.
    package var handshakeTimeout = Duration.seconds(10)
    /// Silence after which the server pings; below the 30–60 s at which proxies cut idle connections.
    package var pingInterval = Duration.seconds(25)
    /// Pings in a row that may stay unanswered by any byte; at most 255.
    package var maxMissedPings = 2
    /// Time without any sign of life, be it the answer to a ping, after which a peer is sent away with 1001; nil leaves
    /// that to the pings alone.
    package var idleTimeout: Duration?
    /// For the peer's Close frame after ours.
    package var closeTimeout = Duration.seconds(5)
    /// For the peer to close TCP after we shut our side.
    package var lingerTimeout = Duration.seconds(2)
    /// The upgrade request; as for HTTP.
    package var maxHandshakeBytes = 24_576
    /// Input a raw connection's handler may leave unread; one that wants no more pauses the connection. At most the
    /// size of the loop's read buffer, 256 KiB.
    package var maxUnreadBytes = 65_536
    /// How long output is gathered while messages keep coming; zero sends at the end of each turn.
    package var flushInterval = Duration.milliseconds(1)
    /// New connections a second; those above wait in the backlog. Nil means as many as come.
    package var maxAcceptsPerSecond: Int?
    /// Open WebSockets of one client, by the address a trusted proxy names (or its /64), direct loopback exempt; beyond
    /// it 503. Nil means any number.
    package var maxPerClient: Int?

    package init() {}
}

extension Duration {
    /// Whole milliseconds, as the loop's timers count; a negative time is none.
    var ticks: UInt64 { UInt64(max(0, nanoseconds)) / 1_000_000 }
}
