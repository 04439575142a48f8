/// How long a parameter lives without being written again.
public enum TimeToLive: Equatable, Sendable {
    case never
    /// Counted anew from each write.
    case sliding(seconds: UInt32)
    /// Counted from the write that carried it.
    case absolute(seconds: UInt32)

    private static let absoluteFlag: UInt32 = 0x8000_0000

    @inline(__always)
    public init(wire: UInt32) {
        if wire == 0 {
            self = .never
        } else if wire & Self.absoluteFlag == 0 {
            self = .sliding(seconds: wire)
        } else {
            self = .absolute(seconds: wire & ~Self.absoluteFlag)
        }
    }

    public var wire: UInt32 {
        switch self {
        case .never: 0
        case .sliding(let seconds): min(seconds, Self.absoluteFlag - 1)
        case .absolute(let seconds): seconds | Self.absoluteFlag
        }
    }
}

public struct SetMessage: Equatable, Sendable {
    public var address: ByteRange
    public var value: ValueReference
    /// From a client the revision it expects, from a server the new one.
    public var revision: UInt64?
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

    public var timeToLive: TimeToLive? { wireTimeToLive.map(TimeToLive.init(wire:)) }
    public var lock: Bool { lockFlags & Self.lockFlag != 0 }
    public var unlock: Bool { lockFlags & Self.unlockFlag != 0 }
}

/// One item of a SNAPSHOT.
public struct SnapshotParam: Equatable, Sendable {
    public var address: ByteRange
    public var value: ValueReference
    public var revision: UInt64
    public var writer: ByteRange?
    /// Unix microseconds of the accepted write.
    public var timestamp: UInt64?
}

public struct BundleMessage: Equatable, Sendable {
    /// Unix microseconds at which it shall be applied.
    public var timestamp: UInt64?
    /// Of 16-bit length and binary payload.
    public var messages: ItemList
}

public struct ReplayMessage: Equatable, Sendable {
    public var pattern: ByteRange
    public var from: UInt64?
    public var to: UInt64?
    public var limit: UInt32?
    public var types: SignalSet
}
