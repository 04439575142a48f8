/// What kind of thing happens at an address.
package enum Signal: UInt8, Sendable, CaseIterable {
    case param = 0
    case event = 1
    case stream = 2
    case gesture = 3
    case timeline = 4

    /// Unassigned codes are read as events.
    @inline(__always)
    package init(code: UInt8) { self = Signal(rawValue: code) ?? .event }

    package var name: StaticString {
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
package struct SignalSet: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    private static let everything: UInt8 = 0x1F
    private static let noFilter: UInt8 = 0xFF

    package init(_ signal: Signal) { self.init(rawValue: 1 << signal.rawValue) }

    /// A mask of all ones, or with none of the five bits, filters nothing.
    @inline(__always)
    package init(mask: UInt8) {
        self.init(rawValue: mask == Self.noFilter ? 0 : mask & Self.everything)
    }

    package var mask: UInt8 { isEmpty ? Self.noFilter : rawValue }

    @inline(__always)
    package func admits(_ signal: Signal) -> Bool { isEmpty || contains(SignalSet(signal)) }
}

package enum GesturePhase: UInt8, Sendable, CaseIterable {
    case start = 0
    case move = 1
    case end = 2
    case cancel = 3

    /// Unassigned codes are read as start.
    @inline(__always)
    package init(code: UInt8) { self = GesturePhase(rawValue: code) ?? .start }

    package var name: StaticString {
        switch self {
        case .start: "start"
        case .move: "move"
        case .end: "end"
        case .cancel: "cancel"
        }
    }
}

package struct PublishMessage: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case none
        case value(ValueReference)
        /// Of f64.
        case samples(ItemList)
    }

    package var signal: Signal
    /// Only a legacy message can leave the signal out; it is an event then, sent on with less care.
    package var isSignalStated: Bool
    package var phase: GesturePhase
    package var address: ByteRange
    package var content: Content
    package var timestamp: UInt64?
    package var id: UInt32?
    package var rate: UInt32?
}

extension PublishMessage {
    /// An event with a value and nothing else.
    package init(event address: ByteRange, value: ValueReference) {
        self.init(
            signal: .event, isSignalStated: true, phase: .start, address: address, content: .value(value),
            timestamp: nil, id: nil, rate: nil)
    }
}

package struct SubscribeMessage: Equatable, Sendable {
    package struct Options: Equatable, Sendable {
        package var maxRate: UInt32?
        package var epsilon: Double?
        package var history: UInt32?
        /// Milliseconds.
        package var window: UInt32?
    }

    package var id: UInt32
    package var pattern: ByteRange
    package var types: SignalSet
    package var options: Options
}
