import RelayProtocol

/// What the hub has done so far.
package struct HubCounters: Sendable {
    /// Messages from clients, by type.
    package private(set) var messages = MessageCounters()
    /// After the handshake bytes that are no message are counted, and nothing else happens.
    package var undecodable: UInt64 = 0
    /// ERRORs sent, by code. The usual ones are there from the start: a rate needs a zero to begin with.
    package private(set) var errors = Dictionary(
        uniqueKeysWithValues: [101, 200, 202, 300, 301, 302, 400, 403, 429, 501, 503].map { (UInt16($0), UInt64(0)) })
    /// How often a session met one of its limits.
    package private(set) var limits = LimitCounters()
    /// Who met it last.
    package private(set) var lastToMeet: [LimitName: SessionIndex] = [:]
    package var accepted: UInt64 = 0
    package var published: UInt64 = 0
    package var deliveries: UInt64 = 0
    package var greeted: UInt64 = 0
    package var expired: UInt64 = 0
    package var conflated: UInt64 = 0
    package var coalescedMoves: UInt64 = 0

    package init() {}

    @inline(__always)
    mutating func count(_ type: MessageType) { messages.count(type) }

    mutating func count(_ limit: LimitName, metBy session: SessionIndex) {
        limits.count(limit)
        lastToMeet[limit] = session
    }

    mutating func count(error code: UInt16) { errors[code, default: 0] &+= 1 }
}
