public import RelayJSON

/// Messages as JSON, for people, tests and tools (docs/protocol.md, "Notation of frames").
///
/// Nothing is lost on the way: integers and floats stay apart, 64-bit numbers are decimal strings because JSON readers
/// round them, floats carry their bits, and an optional field that is absent has no member.
public enum MessageNotation {
    /// `isLegacy`: whether the payload was transcoded from MessagePack; numbers then say so as their wire type.
    public static func json(
        of message: Message, in payload: RawSpan, isLegacy: Bool = false
    ) throws(WireError) -> JSONValue {
        try NotationWriter(payload, isLegacy: isLegacy).message(message)
    }

    public static func json(of frame: ClaspFrame) -> JSONValue {
        object([
            "flags": .int(Int64(frame.flags)),
            "qos": .int(Int64(frame.qualityOfService.rawValue)),
            "encoding": .int(Int64(frame.encoding)),
            "timestamp": frame.timestamp.map(decimal),
        ])
    }

    /// An object of the members that have a value.
    static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { key, value in value.map { JSONMember(key, $0) } })
    }

    static func decimal(_ number: UInt64) -> JSONValue { .string(String(number)) }
}

/// Writes what stands in one payload.
struct NotationWriter: ~Escapable {
    let payload: RawSpan
    let isLegacy: Bool

    @_lifetime(copy payload)
    init(_ payload: RawSpan, isLegacy: Bool) {
        self.payload = payload
        self.isLegacy = isLegacy
    }

    func message(_ message: Message) throws(WireError) -> JSONValue {
        var members = [JSONMember("type", .string(message.type.name.description))]
        if case .object(let fields) = try fields(of: message) { members += fields }
        return .object(members)
    }

    private func fields(of message: Message) throws(WireError) -> JSONValue {
        switch message {
        case .hello(let message): hello(message)
        case .welcome(let message): welcome(message)
        case .announce(let message):
            object(["namespace": text(message.namespace), "signals": try signals(message.signals, withMeta: true)])
        case .federationSync(let message): try federationSync(message)
        case .subscribe(let message): subscribe(message)
        case .unsubscribe(let id): object(["id": number(id)])
        case .publish(let message): try publish(message)
        case .set(let message): try set(message)
        case .get(let address): object(["address": text(address)])
        case .snapshot(let params): object(["params": try snapshot(params)])
        case .replay(let message): replay(message)
        case .bundle(let message):
            object(["timestamp": decimal(message.timestamp), "messages": try bundled(message.messages)])
        case .sync(let message):
            object(["t1": decimal(message.t1), "t2": decimal(message.t2), "t3": decimal(message.t3)])
        case .ping, .pong: object([:])
        case .ack(let message): ack(message)
        case .error(let message): error(message)
        case .query(let pattern): object(["pattern": text(pattern)])
        case .result(let signals): object(["signals": try self.signals(signals, withMeta: false)])
        }
    }

    // MARK: Pieces

    func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue { MessageNotation.object(members) }

    func text(_ range: ByteRange) -> JSONValue { .string(payload.bytes(range).text) }

    func text(_ range: ByteRange?) -> JSONValue? {
        guard let range else { return nil }
        return text(range)
    }

    /// Of a field that is always there, and empty for none.
    func text(unlessEmpty range: ByteRange) -> JSONValue? { text(range.isEmpty ? ByteRange?.none : range) }

    func number<I: FixedWidthInteger>(_ number: I) -> JSONValue { .int(Int64(number)) }

    func number(_ number: UInt32?) -> JSONValue? { number.map { .int(Int64($0)) } }

    func decimal(_ number: UInt64?) -> JSONValue? { number.map(MessageNotation.decimal) }

    func name(_ name: StaticString) -> JSONValue { .string(name.description) }

    func names(_ types: SignalSet) -> JSONValue {
        .array(Signal.allCases.filter { types.contains(SignalSet($0)) }.map { .string($0.name.description) })
    }

    func names(_ features: Features) -> JSONValue {
        .array(Features.named.filter { features.contains($0.feature) }.map { .string($0.name.description) })
    }

    /// Each item of a list, read where it stands.
    func items(
        _ list: ItemList, read: (inout ByteReader) throws(WireError) -> JSONValue
    ) throws(WireError) -> JSONValue {
        var reader = ByteReader(payload, at: Int(list.bytes.start))
        var items: [JSONValue] = []
        for _ in 0..<list.count { items.append(try read(&reader)) }
        return .array(items)
    }
}
