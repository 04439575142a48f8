/// What a client can or a server does offer. Unknown bits are dropped when read.
public struct Features: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let param = Features(rawValue: 0x80)
    public static let event = Features(rawValue: 0x40)
    public static let stream = Features(rawValue: 0x20)
    public static let gesture = Features(rawValue: 0x10)
    public static let timeline = Features(rawValue: 0x08)
    /// A router, not a program. Only a HELLO says so.
    public static let federation = Features(rawValue: 0x04)

    public static let all: Features = [.param, .event, .stream, .gesture, .timeline]
}

public struct HelloMessage: Equatable, Sendable {
    public var version: UInt8
    public var features: Features
    public var name: ByteRange
    /// Empty when there is none.
    public var token: ByteRange
}

public struct WelcomeMessage: Equatable, Sendable {
    public var version: UInt8
    public var features: Features
    /// Unix microseconds of the server; clients set their clock offset by it.
    public var time: UInt64
    public var session: ByteRange
    public var name: ByteRange
    public var token: ByteRange
}

public struct AnnounceMessage: Equatable, Sendable {
    public var namespace: ByteRange
    /// Of `SignalDefinition`.
    public var signals: ItemList
}

/// What a client says about an address that it serves. Only an ANNOUNCE carries `meta`.
public struct SignalDefinition: Equatable, Sendable {
    public var address: ByteRange
    public var signal: Signal
    public var datatype: ByteRange?
    public var access: ByteRange?
    public var meta: SignalMeta?
}

public struct SignalMeta: Equatable, Sendable {
    public var unit: ByteRange?
    public var range: ClosedBounds?
    public var defaultValue: ValueReference?
    public var description: ByteRange?
}

/// As the sender wrote them: nothing says that the first is the smaller.
public struct ClosedBounds: Equatable, Sendable {
    public var minimum: Double
    public var maximum: Double
}

public struct FederationSyncMessage: Equatable, Sendable {
    public enum Operation: UInt8, Sendable, CaseIterable {
        case declareNamespaces = 1
        case requestSync = 2
        case revisionVector = 3
        case syncComplete = 4

        public var name: StaticString {
            switch self {
            case .declareNamespaces: "declare_namespaces"
            case .requestSync: "request_sync"
            case .revisionVector: "revision_vector"
            case .syncComplete: "sync_complete"
            }
        }
    }

    public var operation: Operation
    /// Of `str`.
    public var patterns: ItemList
    /// Of address and revision.
    public var revisions: ItemList
    public var sinceRevision: UInt64?
    public var origin: ByteRange?
}

public struct SyncMessage: Equatable, Sendable {
    public var t1: UInt64
    public var t2: UInt64?
    public var t3: UInt64?
}

public struct AckMessage: Equatable, Sendable {
    public var address: ByteRange?
    public var revision: UInt64?
    public var isLocked: Bool?
    public var holder: ByteRange?
    public var correlation: UInt32?
}

public struct ErrorMessage: Equatable, Sendable {
    public var code: UInt16
    public var text: ByteRange
    public var address: ByteRange?
    public var correlation: UInt32?
}
