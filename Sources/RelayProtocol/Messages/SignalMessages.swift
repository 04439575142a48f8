/// What kind of thing happens at an address.
public enum Signal: UInt8, Sendable, CaseIterable {
    case param = 0
    case event = 1
    case stream = 2
    case gesture = 3
    case timeline = 4

    /// Unassigned codes are read as events.
    @inline(__always)
    public init(code: UInt8) { self = Signal(rawValue: code) ?? .event }

    public var name: StaticString {
        switch self {
        case .param: "param"
        case .event: "event"
        case .stream: "stream"
        case .gesture: "gesture"
        case .timeline: "timeline"
        }
    }

    func defaultQualityOfService(isStated: Bool) -> QualityOfService {
        guard isStated else { return .fire }
        return switch self {
        case .param, .event: .confirm
        case .stream, .gesture: .fire
        case .timeline: .commit
        }
    }
}

/// Which signals a subscription or REPLAY wants. Empty means all.
public struct SignalSet: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    private static let everything: UInt8 = 0x1F
    private static let noFilter: UInt8 = 0xFF

    public init(_ signal: Signal) { self.init(rawValue: 1 << signal.rawValue) }

    /// A mask of all ones, or with none of the five bits, filters nothing.
    @inline(__always)
    public init(mask: UInt8) {
        self.init(rawValue: mask == Self.noFilter ? 0 : mask & Self.everything)
    }

    public var mask: UInt8 { isEmpty ? Self.noFilter : rawValue }

    @inline(__always)
    public func admits(_ signal: Signal) -> Bool { isEmpty || contains(SignalSet(signal)) }
}

public enum GesturePhase: UInt8, Sendable, CaseIterable {
    case start = 0
    case move = 1
    case end = 2
    case cancel = 3

    /// Unassigned codes are read as start.
    @inline(__always)
    public init(code: UInt8) { self = GesturePhase(rawValue: code) ?? .start }

    public var name: StaticString {
        switch self {
        case .start: "start"
        case .move: "move"
        case .end: "end"
        case .cancel: "cancel"
        }
    }
}

public struct PublishMessage: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        case none
        case value(ValueReference)
        /// Of f64.
        case samples(ItemList)
    }

    public var signal: Signal
    /// Only a legacy message can leave the signal out; it is an event then, sent on with less care.
    public var isSignalStated: Bool
    public var phase: GesturePhase
    public var address: ByteRange
    public var content: Content
    public var timestamp: UInt64?
    public var id: UInt32?
    public var rate: UInt32?
}

extension PublishMessage {
    /// An event with a value and nothing else.
    public init(event address: ByteRange, value: ValueReference) {
        self.init(
            signal: .event, isSignalStated: true, phase: .start, address: address, content: .value(value),
            timestamp: nil, id: nil, rate: nil)
    }
}

public struct SubscribeMessage: Equatable, Sendable {
    public struct Options: Equatable, Sendable {
        public var maxRate: UInt32?
        public var epsilon: Double?
        public var history: UInt32?
        /// Milliseconds.
        public var window: UInt32?
    }

    public var id: UInt32
    public var pattern: ByteRange
    public var types: SignalSet
    /// Nil where none were named; a peer may also name options that nobody knows.
    public var options: Options?
}
