/// A connection's place in its loop's table: dense, used again after the connection has ended.
package typealias ConnectionIndex = UInt32

/// One connection, told apart from earlier ones in the same place by the generation.
package struct ConnectionID: Hashable, Sendable {
    package let index: ConnectionIndex
    package let generation: UInt32

    package init(index: ConnectionIndex, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    init(token: UInt64) {
        index = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }

    var token: UInt64 { UInt64(generation) << 32 | UInt64(index) }
}
