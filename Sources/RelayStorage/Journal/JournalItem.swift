/// One happening inside a record, as places in the record's payload: what a filter looks at, without a copy.
struct JournalItem {
    enum Kind {
        case set(ParamStamp)
        case remove(revision: UInt64)
        case signal(UInt8)
    }

    var kind: Kind
    var timestamp: Int64
    var writer = 0..<0
    var address = 0..<0
    var value = 0..<0
}

/// Takes a payload apart: one item, or those of a bundle. Nothing in there is believed; what does not fit ends it.
struct JournalItemReader: ~Escapable {
    private var cursor: ByteCursor
    let isBundle: Bool
    private var left: UInt32

    /// Nil for an empty payload or a bundle without its count.
    @_lifetime(copy payload)
    init?(_ payload: Span<UInt8>) {
        cursor = ByteCursor(payload)
        isBundle = payload.count > 0 && payload[0] == JournalCode.bundle
        left = 1
        guard isBundle else {
            if payload.count == 0 { return nil }
            return
        }
        _ = cursor.byte()
        guard let count = cursor.integer(UInt32.self) else { return nil }
        left = count
    }

    /// Everything was read, and nothing stands behind it.
    var isAtEnd: Bool { left == 0 && cursor.remaining == 0 }

    /// The next item; nil behind the last one, or where the bytes are none.
    @_lifetime(self: copy self)
    mutating func next() -> JournalItem? {
        guard left > 0 else { return nil }
        let item: JournalItem? =
            switch cursor.byte() {
            case JournalCode.set: set()
            case JournalCode.remove: remove()
            case JournalCode.signal: signal()
            default: nil
            }
        if item != nil { left -= 1 }
        return item
    }

    @_lifetime(self: copy self)
    private mutating func set() -> JournalItem? {
        guard let revision = cursor.integer(UInt64.self), let timestamp = cursor.integer(UInt64.self),
            let flags = cursor.byte(), let lifetime = lifetime(), let writer = short(), let address = short(),
            let value = long()
        else { return nil }
        let stamp = ParamStamp(
            revision: revision, timestamp: Int64(bitPattern: timestamp), lifetime: lifetime, flags: flags)
        return JournalItem(
            kind: .set(stamp), timestamp: stamp.timestamp, writer: writer, address: address, value: value)
    }

    @_lifetime(self: copy self)
    private mutating func lifetime() -> ParamLifetime? {
        switch cursor.byte() {
        case JournalCode.standard: return .standard
        case JournalCode.never: return .never
        case JournalCode.sliding: return cursor.integer(UInt32.self).map { .sliding($0) }
        case JournalCode.absolute:
            guard let seconds = cursor.integer(UInt32.self), let since = cursor.integer(UInt64.self) else { return nil }
            return .absolute(seconds, since: Int64(bitPattern: since))
        default: return nil
        }
    }

    @_lifetime(self: copy self)
    private mutating func remove() -> JournalItem? {
        guard let revision = cursor.integer(UInt64.self), let timestamp = cursor.integer(UInt64.self),
            let address = short()
        else { return nil }
        return JournalItem(
            kind: .remove(revision: revision), timestamp: Int64(bitPattern: timestamp), address: address)
    }

    @_lifetime(self: copy self)
    private mutating func signal() -> JournalItem? {
        guard let kind = cursor.byte(), let timestamp = cursor.integer(UInt64.self), let writer = short(),
            let address = short(), let value = long()
        else { return nil }
        return JournalItem(
            kind: .signal(kind), timestamp: Int64(bitPattern: timestamp), writer: writer, address: address, value: value
        )
    }

    @_lifetime(self: copy self)
    private mutating func short() -> Range<Int>? {
        guard let count = cursor.integer(UInt16.self) else { return nil }
        return cursor.range(Int(count))
    }

    @_lifetime(self: copy self)
    private mutating func long() -> Range<Int>? {
        guard let count = cursor.integer(UInt32.self) else { return nil }
        return cursor.range(Int(count))
    }
}
