import RelayProtocol

/// What the hub has done so far.
package struct HubCounters: Sendable {
    /// Messages from clients, by type code.
    package private(set) var messages = [UInt64](repeating: 0, count: 256)
    /// After the handshake bytes that are no message are counted, and nothing else happens.
    package var undecodable: UInt64 = 0
    /// ERRORs sent, by code.
    package private(set) var errors: [UInt16: UInt64] = [:]
    package var accepted: UInt64 = 0
    package var published: UInt64 = 0
    package var deliveries: UInt64 = 0
    package var greeted: UInt64 = 0
    package var refusedFull: UInt64 = 0
    package var helloTimeouts: UInt64 = 0
    package var rateLimited: UInt64 = 0
    package var expired: UInt64 = 0
    package var conflated: UInt64 = 0
    package var coalescedMoves: UInt64 = 0

    package init() {}

    @inline(__always)
    mutating func count(_ type: MessageType) { messages[Int(type.rawValue)] &+= 1 }

    mutating func count(error code: UInt16) { errors[code, default: 0] &+= 1 }
}
