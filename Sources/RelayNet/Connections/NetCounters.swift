/// What a loop has done so far.
package struct NetCounters: Sendable {
    package var accepted: UInt64 = 0
    /// Turned away at accept: the table was full.
    package var refusedFull: UInt64 = 0
    /// Turned away at accept: no descriptor was left.
    package var refusedNoDescriptor: UInt64 = 0
    /// Turned away at the handshake: too many connections of one client.
    package var refusedPerClient: UInt64 = 0
    /// Turned away at the handshake: a web page of another origin.
    package var refusedOrigin: UInt64 = 0
    /// Turned away at the handshake: not a valid upgrade request.
    package var refusedHandshake: UInt64 = 0
    /// Plain HTTP requests on a WebSocket port.
    package var probes: UInt64 = 0
    package var handshakeTimeouts: UInt64 = 0
    package var opened: UInt64 = 0
    package var closed: UInt64 = 0
    /// Closed with 1013: too much waiting, or no progress.
    package var closedSlow: UInt64 = 0
    /// Those of them that had made no progress.
    package var closedStalled: UInt64 = 0
    package var closedUnresponsive: UInt64 = 0
    package var closedIdle: UInt64 = 0
    /// Closed with 1002, 1007 or 1009.
    package var violations: UInt64 = 0
    /// Of these, for a message that was too long, and for one that grew too much when it was unpacked.
    package var tooLong: UInt64 = 0
    package var overInflated: UInt64 = 0
    package var messagesIn: UInt64 = 0
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    package var sends: UInt64 = 0
    package var flushes: UInt64 = 0
    package var skippedLagging: UInt64 = 0
    package var turns: UInt64 = 0

    package init() {}
}
