/// The named fields of one legacy message: where each key and its value stand.
///
/// Keys come in any order, the type last of all if the sender likes, so they are collected before any is read.
/// Unknown keys are passed over; a known one that occurs twice is refused when it is looked up.
struct LegacyFields {
    private var fields: [(key: ByteRange, valueOffset: Int)] = []

    init(_ reader: inout ByteReader) throws(WireError) {
        guard case .map(let count) = try reader.item() else { throw .unexpectedLegacyValue }
        for _ in 0..<count {
            guard case .string(let key) = try reader.item() else { throw .unexpectedLegacyValue }
            fields.append((key, reader.offset))
            try reader.skipItem()
        }
    }

    /// A reader that stands before the value; nil when the key is absent.
    @_lifetime(copy payload)
    func reader(_ key: StaticString, in payload: RawSpan) throws(WireError) -> ByteReader? {
        var found: Int?
        for field in fields where payload.bytes(field.key).isEqual(to: key) {
            guard found == nil else { throw .duplicateField }
            found = field.valueOffset
        }
        guard let found else { return nil }
        return ByteReader(payload, at: found)
    }

    /// The value of an optional field: nil when the key is absent or its value is nil.
    func item(_ key: StaticString, in payload: RawSpan) throws(WireError) -> MessagePackItem? {
        guard var reader = try reader(key, in: payload) else { return nil }
        let item = try reader.item()
        if case .null = item { return nil }
        return item
    }

    func text(_ key: StaticString, in payload: RawSpan) throws(WireError) -> ByteRange? {
        guard let item = try item(key, in: payload) else { return nil }
        guard case .string(let range) = item else { throw .unexpectedLegacyValue }
        return range
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

    func number() throws(WireError) -> Double {
        switch self {
        case .float(let number): return number
        case .int(let number): return Double(number)
        case .largeInt(let number): return Double(number)
        default: throw .unexpectedLegacyValue
        }
    }
}
