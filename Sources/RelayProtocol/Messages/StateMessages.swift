/// How long a parameter lives without being written again.
package enum TimeToLive: Equatable, Sendable {
    case never
    /// Counted anew from each write.
    case sliding(seconds: UInt32)
    /// Counted from the write that carried it.
    case absolute(seconds: UInt32)

    private static let absoluteFlag: UInt32 = 0x8000_0000

    @inline(__always)
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
    /// This and the bits for lock and unlock are kept as they stand on the wire: quick to read and to pass on.
    private(set) var wireTimeToLive: UInt32?
    private(set) var lockFlags: UInt8

    static let lockFlag: UInt8 = 0x40
    static let unlockFlag: UInt8 = 0x20

    @inline(__always)
    init(address: ByteRange, value: ValueReference, revision: UInt64?, wireTimeToLive: UInt32?, flags: UInt8) {
        self.address = address
        self.value = value
        self.revision = revision
        self.wireTimeToLive = wireTimeToLive
        lockFlags = flags & (Self.lockFlag | Self.unlockFlag)
    }

    package var timeToLive: TimeToLive? { wireTimeToLive.map(TimeToLive.init(wire:)) }
    package var lock: Bool { lockFlags & Self.lockFlag != 0 }
    package var unlock: Bool { lockFlags & Self.unlockFlag != 0 }
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
