/// What a client can or a server does offer. Unknown bits are dropped when read.
package struct Features: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let param = Features(rawValue: 0x80)
    package static let event = Features(rawValue: 0x40)
    package static let stream = Features(rawValue: 0x20)
    package static let gesture = Features(rawValue: 0x10)
    package static let timeline = Features(rawValue: 0x08)
    /// A router, not a program. Only a HELLO says so.
    package static let federation = Features(rawValue: 0x04)

    package static let all: Features = [.param, .event, .stream, .gesture, .timeline]
}

package struct HelloMessage: Equatable, Sendable {
    package var version: UInt8
    package var features: Features
    package var name: ByteRange
    /// Empty when there is none.
    package var token: ByteRange
}

package struct WelcomeMessage: Equatable, Sendable {
    package var version: UInt8
    package var features: Features
    /// Unix microseconds of the server; clients set their clock offset by it.
    package var time: UInt64
    package var session: ByteRange
    package var name: ByteRange
    package var token: ByteRange
}

package struct AnnounceMessage: Equatable, Sendable {
    package var namespace: ByteRange
    /// Of `SignalDefinition`.
    package var signals: ItemList
}

/// What a client says about an address that it serves. Only an ANNOUNCE carries `meta`.
package struct SignalDefinition: Equatable, Sendable {
    package var address: ByteRange
    package var signal: Signal
    package var datatype: ByteRange?
    package var access: ByteRange?
    package var meta: SignalMeta?
}

package struct SignalMeta: Equatable, Sendable {
    package var unit: ByteRange?
    package var range: ClosedBounds?
    package var defaultValue: ValueReference?
    package var description: ByteRange?
}

/// As the sender wrote them: nothing says that the first is the smaller.
package struct ClosedBounds: Equatable, Sendable {
    package var minimum: Double
    package var maximum: Double
}

package struct FederationSyncMessage: Equatable, Sendable {
    package enum Operation: UInt8, Sendable {
        case declareNamespaces = 1
        case requestSync = 2
        case revisionVector = 3
        case syncComplete = 4
    }

    package var operation: Operation
    /// Of `str`.
    package var patterns: ItemList
    /// Of address and revision.
    package var revisions: ItemList
    package var sinceRevision: UInt64?
    package var origin: ByteRange?
}

package struct SyncMessage: Equatable, Sendable {
    package var t1: UInt64
    package var t2: UInt64?
    package var t3: UInt64?
}

package struct AckMessage: Equatable, Sendable {
    package var address: ByteRange?
    package var revision: UInt64?
    package var isLocked: Bool?
    package var holder: ByteRange?
    package var correlation: UInt32?
}

package struct ErrorMessage: Equatable, Sendable {
    package var code: UInt16
    package var text: ByteRange
    package var address: ByteRange?
    package var correlation: UInt32?
}
