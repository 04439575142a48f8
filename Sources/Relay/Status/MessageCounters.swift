package import RelayProtocol

/// How many messages of each type went one way.
package struct MessageCounters: Sendable {
    /// By raw value; the largest is 0x61.
    private var counts = InlineArray<128, UInt64>(repeating: 0)

    package init() {}

    @inline(__always)
    package mutating func count(_ type: MessageType, _ times: UInt64 = 1) {
        counts[Int(type.rawValue & 0x7F)] &+= times
    }

    package subscript(type: MessageType) -> UInt64 { counts[Int(type.rawValue & 0x7F)] }

    package var total: UInt64 { MessageType.allCases.reduce(0) { $0 &+ self[$1] } }
}
