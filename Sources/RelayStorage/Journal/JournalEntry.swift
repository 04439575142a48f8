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
        guard var reader = JournalItemReader(payload) else { return nil }
        var entries: [JournalEntry] = []
        while let item = reader.next() { entries.append(JournalEntry(item, in: payload)) }
        guard reader.isAtEnd else { return nil }
        if reader.isBundle {
            self = .bundle(entries)
        } else if let entry = entries.first {
            self = entry
        } else {
            return nil
        }
    }

    init(_ item: JournalItem, in payload: Span<UInt8>) {
        let address = payload.copy(item.address)
        switch item.kind {
        case .set(let stamp):
            self = .set(
                address: address, value: payload.copy(item.value), writer: payload.copy(item.writer), stamp: stamp)
        case .remove(let revision):
            self = .remove(address: address, revision: revision, timestamp: item.timestamp)
        case .signal(let kind):
            self = .signal(
                kind: kind, address: address, value: payload.copy(item.value), writer: payload.copy(item.writer),
                timestamp: item.timestamp)
        }
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
