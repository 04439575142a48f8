/// How long a parameter lives without being written again.
package enum TimeToLive: Equatable, Sendable {
    case never
    /// Counted anew from each write.
    case sliding(seconds: UInt32)
    /// Counted from the write that carried it.
    case absolute(seconds: UInt32)

    private static let absoluteFlag: UInt32 = 0x8000_0000

    package init(wire: UInt32) {
        if wire == 0 {
            self = .never
        } else if wire & Self.absoluteFlag == 0 {
            self = .sliding(seconds: wire)
        } else {
            self = .absolute(seconds: wire & ~Self.absoluteFlag)
        }
    }

    package var wire: UInt32 {
        switch self {
        case .never: 0
        case .sliding(let seconds): min(seconds, Self.absoluteFlag - 1)
        case .absolute(let seconds): seconds | Self.absoluteFlag
        }
    }
}

package struct SetMessage: Equatable, Sendable {
    package var address: ByteRange
    package var value: ValueReference
    /// From a client the revision it expects, from a server the new one.
    package var revision: UInt64?
    package var timeToLive: TimeToLive?
    package var lock: Bool
    package var unlock: Bool
}

/// One item of a SNAPSHOT.
package struct SnapshotParam: Equatable, Sendable {
    package var address: ByteRange
    package var value: ValueReference
    package var revision: UInt64
    package var writer: ByteRange?
    /// Unix microseconds of the accepted write.
    package var timestamp: UInt64?
}

package struct BundleMessage: Equatable, Sendable {
    /// Unix microseconds at which it shall be applied.
    package var timestamp: UInt64?
    /// Of 16-bit length and binary payload.
    package var messages: ItemList
}

package struct ReplayMessage: Equatable, Sendable {
    package var pattern: ByteRange
    package var from: UInt64?
    package var to: UInt64?
    package var limit: UInt32?
    package var types: SignalSet
}
