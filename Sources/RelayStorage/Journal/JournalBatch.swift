/// The records of one tick, encoded where they happen: on the loop thread, by appending to one buffer.
///
/// Each record gets the next sequence number; the checksums are left to the journal thread.
package struct JournalBatch: Sendable {
    private var records = RecordBuffer()
    /// Of the last record, here or in an earlier batch.
    package private(set) var sequence: UInt64
    /// Somebody waits until it is written: the loop is to be woken then.
    package private(set) var wantsWord = false
    /// Somebody waits for the disk: the batch is to be synced at once.
    package private(set) var wantsSync = false

    private var bundleStart: Int?
    private var bundleCount: UInt32 = 0

    /// `sequence`: of the last record that exists.
    package init(after sequence: UInt64) { self.sequence = sequence }

    /// Neither records nor somebody who waits for those of earlier batches.
    package var isEmpty: Bool { records.count == 0 && !wantsWord && !wantsSync }

    package var byteCount: Int { records.count }

    @discardableResult
    package mutating func set(
        address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp
    ) -> UInt64 {
        guard value.count > 0 else { return sequence }
        return set(
            address: address, type: value[0], data: value.extracting(1..<value.count), writer: writer, stamp: stamp)
    }

    /// The same for a value whose type code stands elsewhere.
    @discardableResult
    package mutating func set(
        address: Span<UInt8>, type: UInt8, data: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp
    ) -> UInt64 {
        let (address, writer) = (Self.short(address), Self.short(writer))
        let lifetimeBytes = Self.size(of: stamp.lifetime)
        let size = 17 + lifetimeBytes + 2 + writer.count + 2 + address.count + 4 + 1 + data.count
        return append(JournalCode.set, size) { record in
            record.put(stamp.revision)
            record.put(stamp.timestamp)
            record.put(stamp.flags)
            Self.put(stamp.lifetime, into: &record)
            record.put(UInt16(truncatingIfNeeded: writer.count))
            record.put(writer)
            record.put(UInt16(truncatingIfNeeded: address.count))
            record.put(address)
            record.put(UInt32(truncatingIfNeeded: data.count + 1))
            record.put(type)
            record.put(data)
        }
    }

    @discardableResult
    package mutating func remove(address: Span<UInt8>, revision: UInt64, timestamp: Int64) -> UInt64 {
        let address = Self.short(address)
        return append(JournalCode.remove, 16 + 2 + address.count) { record in
            record.put(revision)
            record.put(timestamp)
            record.put(UInt16(truncatingIfNeeded: address.count))
            record.put(address)
        }
    }

    @discardableResult
    package mutating func signal(
        kind: UInt8, address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, timestamp: Int64
    ) -> UInt64 {
        let (address, writer) = (Self.short(address), Self.short(writer))
        let size = 9 + 2 + writer.count + 2 + address.count + 4 + value.count
        return append(JournalCode.signal, size) { record in
            record.put(kind)
            record.put(timestamp)
            record.put(UInt16(truncatingIfNeeded: writer.count))
            record.put(writer)
            record.put(UInt16(truncatingIfNeeded: address.count))
            record.put(address)
            record.put(UInt32(truncatingIfNeeded: value.count))
            record.put(value)
        }
    }

    /// What follows until `endBundle` is one record: all of it is recovered, or nothing.
    package mutating func beginBundle() {
        guard bundleStart == nil else { return }
        bundleStart = records.count
        bundleCount = 0
        // Length, sequence and number of parts are put in at the end.
        records.append(JournalFormat.recordHeadBytes + 5) { record in
            record.put(UInt64(0))
            record.put(UInt64(0))
            record.put(UInt32(0))
            record.put(JournalCode.bundle)
            record.put(UInt32(0))
        }
    }

    @discardableResult
    package mutating func endBundle() -> UInt64 {
        guard let start = bundleStart else { return sequence }
        bundleStart = nil
        sequence &+= 1
        records.put(bundleCount, at: start + JournalFormat.recordHeadBytes + 1)
        records.put(UInt32(clamping: records.count - start - JournalFormat.recordHeadBytes), at: start)
        records.put(sequence, at: start + 8)
        return sequence
    }

    /// Asks for word as soon as the batch is written (QoS confirm).
    package mutating func confirm() { wantsWord = true }

    /// Asks for a sync as soon as the batch is written (QoS commit).
    package mutating func commit() { wantsSync = true }

    /// Makes room for the next tick, keeping the memory.
    mutating func clear() {
        records.clear()
        (wantsWord, wantsSync) = (false, false)
    }

    /// Exchanges the buffer for one that was used before, and begins anew.
    mutating func exchange(_ other: inout [UInt8]) {
        records.exchange(&other)
        clear()
    }

    var bytes: ArraySlice<UInt8> { records.bytes }

    // MARK: Layout

    /// One record, or one part of a bundle, which has no head of its own.
    @inline(__always)
    private mutating func append(_ code: UInt8, _ size: Int, _ fill: (inout RecordWriter) -> Void) -> UInt64 {
        guard bundleStart == nil else {
            bundleCount += 1
            records.append(1 + size) { record in
                record.put(code)
                fill(&record)
            }
            return sequence &+ 1
        }
        sequence &+= 1
        let sequence = sequence
        records.append(JournalFormat.recordHeadBytes + 1 + size) { record in
            record.put(UInt32(clamping: 1 + size))
            // The checksums are the journal thread's.
            record.put(UInt32(0))
            record.put(sequence)
            record.put(UInt32(0))
            record.put(code)
            fill(&record)
        }
        return sequence
    }

    @inline(__always)
    private static func size(of lifetime: ParamLifetime) -> Int {
        switch lifetime {
        case .standard, .never: 1
        case .sliding: 5
        case .absolute: 13
        }
    }

    @inline(__always)
    private static func put(_ lifetime: ParamLifetime, into record: inout RecordWriter) {
        switch lifetime {
        case .standard: record.put(JournalCode.standard)
        case .never: record.put(JournalCode.never)
        case .sliding(let seconds):
            record.put(JournalCode.sliding)
            record.put(seconds)
        case .absolute(let seconds, let since):
            record.put(JournalCode.absolute)
            record.put(seconds)
            record.put(since)
        }
    }

    /// CLASP knows no text above 65,535 bytes; a longer one would be cut rather than spoil the record.
    @inline(__always)
    @_lifetime(copy text)
    private static func short(_ text: Span<UInt8>) -> Span<UInt8> {
        text.count <= Int(UInt16.max) ? text : text.extracting(0..<Int(UInt16.max))
    }
}
