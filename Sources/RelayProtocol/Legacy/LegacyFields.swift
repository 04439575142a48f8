/// The named fields of one legacy message: where each key and its value stand.
///
/// Keys come in any order, the type last of all if the sender likes, so they are collected before any is read.
/// Unknown keys are passed over; a known one that occurs twice is refused when it is looked up.
struct LegacyFields {
    private var fields: [(key: ByteRange, valueOffset: Int)] = []

    init(_ reader: inout ByteReader) throws(WireError) {
        guard case .map(let count) = try reader.item() else { throw .unexpectedLegacyValue }
        for _ in 0..<count {
            let key = try reader.item().text()
            fields.append((key, reader.offset))
            try reader.skipItem()
        }
    }

    /// Where the value stands; nil when the key is absent.
    private func offset(_ key: StaticString, in payload: RawSpan) throws(WireError) -> Int? {
        var found: Int?
        for field in fields where payload.bytes(field.key).isEqual(to: key) {
            guard found == nil else { throw .duplicateField }
            found = field.valueOffset
        }
        return found
    }

    /// A reader that stands before the value of a field that must be there, nil or not.
    @_lifetime(copy payload)
    func requiredReader(_ key: StaticString, in payload: RawSpan) throws(WireError) -> ByteReader {
        guard let offset = try offset(key, in: payload) else { throw .missingField }
        return ByteReader(payload, at: offset)
    }

    /// A reader that stands before the value of an optional field: nil when the key is absent or its value is nil.
    @_lifetime(copy payload)
    func reader(_ key: StaticString, in payload: RawSpan) throws(WireError) -> ByteReader? {
        guard let offset = try offset(key, in: payload), payload.byte(at: offset) != MessagePackItem.nilCode else {
            return nil
        }
        return ByteReader(payload, at: offset)
    }

    private func item(_ key: StaticString, in payload: RawSpan) throws(WireError) -> MessagePackItem? {
        guard var reader = try reader(key, in: payload) else { return nil }
        return try reader.item()
    }

    /// Whether an optional field is there.
    func has(_ key: StaticString, in payload: RawSpan) throws(WireError) -> Bool {
        guard let offset = try offset(key, in: payload) else { return false }
        return payload.byte(at: offset) != MessagePackItem.nilCode
    }

    func text(_ key: StaticString, in payload: RawSpan) throws(WireError) -> ByteRange? {
        guard let item = try item(key, in: payload) else { return nil }
        return try item.text()
    }

    func requiredText(_ key: StaticString, in payload: RawSpan) throws(WireError) -> ByteRange {
        guard let text = try text(key, in: payload) else { throw .missingField }
        return text
    }

    func flag(_ key: StaticString, in payload: RawSpan) throws(WireError) -> Bool? {
        guard let item = try item(key, in: payload) else { return nil }
        guard case .bool(let flag) = item else { throw .unexpectedLegacyValue }
        return flag
    }

    func integer<I: FixedWidthInteger>(_ key: StaticString, in payload: RawSpan) throws(WireError) -> I? {
        guard let item = try item(key, in: payload) else { return nil }
        return try item.integer()
    }

    func requiredInteger<I: FixedWidthInteger>(_ key: StaticString, in payload: RawSpan) throws(WireError) -> I {
        guard let integer: I = try integer(key, in: payload) else { throw .missingField }
        return integer
    }

    func number(_ key: StaticString, in payload: RawSpan) throws(WireError) -> Double? {
        guard let item = try item(key, in: payload) else { return nil }
        return try item.number()
    }
}

extension MessagePackItem {
    static let nilCode: UInt8 = 0xC0

    func integer<I: FixedWidthInteger>() throws(WireError) -> I {
        let exact: I? =
            switch self {
            case .int(let number): I(exactly: number)
            case .largeInt(let number): I(exactly: number)
            default: nil
            }
        guard let exact else { throw .unexpectedLegacyValue }
        return exact
    }

    /// The text of an item that must be one.
    func text() throws(WireError) -> ByteRange {
        guard case .string(let range) = self else { throw .unexpectedLegacyValue }
        return range
    }

    /// How many items follow an item that must be an array.
    func arrayCount() throws(WireError) -> Int {
        guard case .array(let count) = self else { throw .unexpectedLegacyValue }
        return count
    }

    func number() throws(WireError) -> Double {
        switch self {
        case .float(let number): return number
        case .int(let number): return Double(number)
        case .largeInt(let number): return Double(number)
        default: throw .unexpectedLegacyValue
        }
    }
}
