/// One record of the journal, read back. What the hub writes goes through `JournalBatch`, which builds no such values.
package enum JournalEntry: Sendable, Equatable {
    case set(address: [UInt8], value: [UInt8], writer: [UInt8], stamp: ParamStamp)
    /// The end of a param's line: expired, or gone with its session. `revision` is the one that subscribers were told.
    case remove(address: [UInt8], revision: UInt64, timestamp: Int64)
    /// A signal that is kept for those who come back. `kind` belongs to the hub.
    case signal(kind: UInt8, address: [UInt8], value: [UInt8], writer: [UInt8], timestamp: Int64)
    /// Happened together or not at all.
    case bundle([JournalEntry])
}

/// The codes and layout of records, shared by the writing and the reading side. Integers are big-endian.
enum JournalCode {
    static let set: UInt8 = 1
    static let remove: UInt8 = 2
    static let signal: UInt8 = 3
    static let bundle: UInt8 = 4

    static let standard: UInt8 = 0
    static let never: UInt8 = 1
    static let sliding: UInt8 = 2
    static let absolute: UInt8 = 3
}

extension JournalEntry {
    /// Nil when the bytes are no record: a checksum that holds over bytes that do not decode means a newer relay.
    package init?(_ payload: Span<UInt8>) {
        var cursor = ByteCursor(payload)
        guard let entry = Self.read(&cursor, isInBundle: false), cursor.remaining == 0 else { return nil }
        self = entry
    }

    private static func read(_ cursor: inout ByteCursor, isInBundle: Bool) -> JournalEntry? {
        switch cursor.byte() {
        case JournalCode.set: readSet(&cursor)
        case JournalCode.remove: readRemove(&cursor)
        case JournalCode.signal: readSignal(&cursor)
        case JournalCode.bundle where !isInBundle: readBundle(&cursor)
        default: nil
        }
    }

    private static func readSet(_ cursor: inout ByteCursor) -> JournalEntry? {
        guard let revision = cursor.integer(UInt64.self), let timestamp = cursor.integer(UInt64.self),
            let flags = cursor.byte(), let lifetime = readLifetime(&cursor), let writer = readShort(&cursor),
            let address = readShort(&cursor), let value = readLong(&cursor)
        else { return nil }
        let stamp = ParamStamp(
            revision: revision, timestamp: Int64(bitPattern: timestamp), lifetime: lifetime, flags: flags)
        return .set(address: address, value: value, writer: writer, stamp: stamp)
    }

    private static func readLifetime(_ cursor: inout ByteCursor) -> ParamLifetime? {
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

    private static func readRemove(_ cursor: inout ByteCursor) -> JournalEntry? {
        guard let revision = cursor.integer(UInt64.self), let timestamp = cursor.integer(UInt64.self),
            let address = readShort(&cursor)
        else { return nil }
        return .remove(address: address, revision: revision, timestamp: Int64(bitPattern: timestamp))
    }

    private static func readSignal(_ cursor: inout ByteCursor) -> JournalEntry? {
        guard let kind = cursor.byte(), let timestamp = cursor.integer(UInt64.self), let writer = readShort(&cursor),
            let address = readShort(&cursor), let value = readLong(&cursor)
        else { return nil }
        return .signal(
            kind: kind, address: address, value: value, writer: writer, timestamp: Int64(bitPattern: timestamp))
    }

    private static func readBundle(_ cursor: inout ByteCursor) -> JournalEntry? {
        guard let count = cursor.integer(UInt32.self) else { return nil }
        var entries: [JournalEntry] = []
        for _ in 0..<count {
            guard let entry = read(&cursor, isInBundle: true) else { return nil }
            entries.append(entry)
        }
        return .bundle(entries)
    }

    private static func readShort(_ cursor: inout ByteCursor) -> [UInt8]? {
        guard let count = cursor.integer(UInt16.self) else { return nil }
        return cursor.array(Int(count))
    }

    private static func readLong(_ cursor: inout ByteCursor) -> [UInt8]? {
        guard let count = cursor.integer(UInt32.self) else { return nil }
        return cursor.array(Int(count))
    }
}

extension JournalEntry {
    /// What the record means for the state; signals mean nothing for it.
    func apply(to sink: inout some RecoverySink) {
        switch self {
        case .set(let address, let value, let writer, let stamp):
            sink.set(address: address.span, value: value.span, writer: writer.span, stamp: stamp)
        case .remove(let address, _, _):
            sink.remove(address: address.span)
        case .signal: break
        case .bundle(let entries):
            for entry in entries { entry.apply(to: &sink) }
        }
    }
}
