public import RelayJSON

/// Reads a message from its JSON notation.
///
/// Like `LegacyTranscoder` it yields a binary payload for the one decoder. Texts, values and lists are gathered in a
/// buffer of their own first, so that a `Message` can point at them and the one encoder can write it.
public struct NotationReader {
    /// The binary payload, in canonical form.
    public private(set) var payload: [UInt8] = []
    /// Whether a PUBLISH named its signal.
    private var isSignalStated = true
    /// What the message's ranges point into.
    var texts: [UInt8] = []

    public init(_ json: JSONValue) throws(NotationError) {
        try self.init(json, bundleDepth: 0)
    }

    init(_ json: JSONValue, bundleDepth: Int) throws(NotationError) {
        let fields = try NotationFields(json)
        guard let name = try fields.text("type"),
            let type = MessageType.allCases.first(where: { $0.name.description == name })
        else {
            throw .wire(.unknownMessageType)
        }
        let message = try message(of: type, fields, bundleDepth: bundleDepth)
        if case .publish(let publish) = message { isSignalStated = publish.isSignalStated }
        let texts = texts
        payload = try Self.written { writer throws(WireError) in
            try MessageEncoder.encode(message, in: texts.rawSpan, into: &writer)
        }
    }

    /// The message, with ranges into `payload`: decoded, so that all rules of the language hold for it too.
    public func message() throws(WireError) -> Message {
        try MessageDecoder.decode(payload.rawSpan, isSignalStated: isSignalStated)
    }

    // MARK: Gathering

    static func written(
        _ body: (inout ByteWriter) throws(WireError) -> Void
    ) throws(NotationError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: WireLimits.maxPayloadBytes)
        do throws(WireError) {
            let count = try bytes.withWriter { writer throws(WireError) in
                try body(&writer)
                return writer.count
            }
            bytes.removeLast(bytes.count - count)
            return bytes
        } catch {
            throw .wire(error == .noRoom ? .payloadTooLarge : error)
        }
    }

    mutating func gather(_ bytes: some Collection<UInt8>) -> ByteRange {
        let start = texts.count
        texts.append(contentsOf: bytes)
        return ByteRange(start, count: bytes.count)
    }

    mutating func text(_ key: String, of fields: NotationFields) throws(NotationError) -> ByteRange? {
        guard let text = try fields.text(key) else { return nil }
        return gather(text.utf8)
    }

    mutating func requiredText(_ key: String, of fields: NotationFields) throws(NotationError) -> ByteRange {
        gather(try fields.required(key, try fields.text(key)).utf8)
    }

    mutating func value(_ key: String, of fields: NotationFields) throws(NotationError) -> ValueReference? {
        guard let json = fields.member(key) else { return nil }
        guard let value = Value(notation: json) else { throw .unexpected(key) }
        let bytes = try Self.written { writer throws(WireError) in try writer.valueData(value) }
        return ValueReference(type: value.type, isCanonical: true, data: gather(bytes))
    }

    /// A list that is written item by item from pieces that were gathered before.
    mutating func list<Item>(
        _ items: [Item], write: (inout ByteWriter, Item, RawSpan) throws(WireError) -> Void
    ) throws(NotationError) -> ItemList {
        let texts = texts
        let bytes = try Self.written { writer throws(WireError) in
            for item in items { try write(&writer, item, texts.rawSpan) }
        }
        return ItemList(count: items.count, bytes: gather(bytes))
    }
}

/// Why a JSON text says no message.
public enum NotationError: Error, Equatable {
    case notAnObject
    case missing(String)
    case unexpected(String)
    /// It says one that CLASP cannot carry.
    case wire(WireError)

    public var code: UInt16 { 101 }

    public var sentence: String {
        switch self {
        case .notAnObject: "a message is a JSON object"
        case .missing(let key): "the member \"\(key)\" is missing"
        case .unexpected(let key): "the member \"\(key)\" does not say what it should"
        case .wire(let error): error.sentence
        }
    }
}

/// The members of one JSON object, by name and type. Null is as good as absent.
struct NotationFields {
    private let json: JSONValue

    init(_ json: JSONValue) throws(NotationError) {
        guard case .object = json else { throw .notAnObject }
        self.json = json
    }

    func member(_ key: String) -> JSONValue? {
        guard let member = json[key], !member.isNull else { return nil }
        return member
    }

    func required<T>(_ key: String, _ value: T?) throws(NotationError) -> T {
        guard let value else { throw .missing(key) }
        return value
    }

    func text(_ key: String) throws(NotationError) -> String? { try read(key) { $0.string } }

    func flag(_ key: String) throws(NotationError) -> Bool? { try read(key) { $0.bool } }

    func float(_ key: String) throws(NotationError) -> Double? { try read(key) { Double(notation: $0) } }

    func list(_ key: String) throws(NotationError) -> [JSONValue]? { try read(key) { $0.array } }

    /// A number, or a text of decimal digits, as 64-bit numbers are written.
    func integer<I: FixedWidthInteger>(_ key: String) throws(NotationError) -> I? {
        try read(key) { json in
            if let text = json.string { return I(text) }
            return json.unsigned.flatMap { I(exactly: $0) }
        }
    }

    func requiredInteger<I: FixedWidthInteger>(_ key: String) throws(NotationError) -> I {
        try required(key, try integer(key))
    }

    func fields(_ key: String) throws(NotationError) -> NotationFields? {
        guard let member = member(key) else { return nil }
        return try NotationFields(member)
    }

    private func read<T>(_ key: String, _ convert: (JSONValue) -> T?) throws(NotationError) -> T? {
        guard let member = member(key) else { return nil }
        guard let value = convert(member) else { throw .unexpected(key) }
        return value
    }
}
