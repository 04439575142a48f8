/// The records of one tick, encoded where they happen: on the loop thread, by appending to one buffer.
///
/// Each record gets the next sequence number; the checksums are left to the journal thread.
package struct JournalBatch: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Of the last record, here or in an earlier batch.
    package private(set) var sequence: UInt64
    /// Somebody waits for the disk: the batch is to be synced at once.
    package private(set) var wantsSync = false
    private(set) var count = 0

    private var bundleStart: Int?
    private var bundleCount: UInt32 = 0

    /// `sequence`: of the last record that exists.
    package init(after sequence: UInt64) { self.sequence = sequence }

    package var isEmpty: Bool { bytes.isEmpty }

    @discardableResult
    package mutating func set(
        address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp
    ) -> UInt64 {
        let start = begin(JournalCode.set, fields: 17)
        let fields = bytes.count - 17
        bytes.putBigEndian(stamp.revision, at: fields)
        bytes.putBigEndian(UInt64(bitPattern: stamp.timestamp), at: fields + 8)
        bytes[fields + 16] = stamp.flags
        append(stamp.lifetime)
        appendShort(writer)
        appendShort(address)
        appendLong(value)
        return end(start)
    }

    @discardableResult
    package mutating func remove(address: Span<UInt8>, revision: UInt64, timestamp: Int64) -> UInt64 {
        let start = begin(JournalCode.remove, fields: 16)
        bytes.putBigEndian(revision, at: bytes.count - 16)
        bytes.putBigEndian(UInt64(bitPattern: timestamp), at: bytes.count - 8)
        appendShort(address)
        return end(start)
    }

    @discardableResult
    package mutating func signal(
        kind: UInt8, address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, timestamp: Int64
    ) -> UInt64 {
        let start = begin(JournalCode.signal, fields: 9)
        bytes[bytes.count - 9] = kind
        bytes.putBigEndian(UInt64(bitPattern: timestamp), at: bytes.count - 8)
        appendShort(writer)
        appendShort(address)
        appendLong(value)
        return end(start)
    }

    /// What follows until `endBundle` is one record: all of it is recovered, or nothing.
    package mutating func beginBundle() {
        guard bundleStart == nil else { return }
        bundleStart = begin(JournalCode.bundle, fields: 4)
        bundleCount = 0
    }

    @discardableResult
    package mutating func endBundle() -> UInt64 {
        guard let start = bundleStart else { return sequence }
        bundleStart = nil
        bytes.putBigEndian(bundleCount, at: start + JournalFormat.recordHeadBytes + 1)
        return end(start)
    }

    /// Asks for a sync as soon as the batch is written (QoS commit).
    package mutating func commit() { wantsSync = true }

    /// Makes room for the next tick, keeping the memory.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        wantsSync = false
        count = 0
    }

    /// Exchanges the buffer for an empty one that was used before; the closure learns whether a sync is wanted.
    mutating func exchange(_ other: inout [UInt8], _ note: (Bool) -> Void) {
        swap(&bytes, &other)
        note(wantsSync)
        clear()
    }

    // MARK: Layout

    private static let zeros = [UInt8](repeating: 0, count: 64)

    /// Makes room for a record's head, its code and its fields of fixed size in one step; they are then put in place.
    private mutating func begin(_ code: UInt8, fields: Int) -> Int {
        let start = bytes.count
        var head = JournalFormat.recordHeadBytes
        if bundleStart != nil {
            head = 0
            bundleCount += 1
        }
        bytes.append(contentsOf: Self.zeros[0..<head + 1 + fields])
        bytes[start + head] = code
        return start
    }

    private mutating func end(_ start: Int) -> UInt64 {
        if bundleStart != nil { return sequence &+ 1 }
        sequence &+= 1
        count += 1
        bytes.putBigEndian(UInt32(clamping: bytes.count - start - JournalFormat.recordHeadBytes), at: start)
        bytes.putBigEndian(sequence, at: start + 8)
        return sequence
    }

    private mutating func append(_ lifetime: ParamLifetime) {
        switch lifetime {
        case .standard: bytes.append(JournalCode.standard)
        case .never: bytes.append(JournalCode.never)
        case .sliding(let seconds):
            bytes.append(JournalCode.sliding)
            bytes.appendBigEndian(seconds)
        case .absolute(let seconds, let since):
            bytes.append(JournalCode.absolute)
            bytes.appendBigEndian(seconds)
            bytes.appendBigEndian(UInt64(bitPattern: since))
        }
    }

    /// CLASP knows no text above 65,535 bytes; a longer one would be cut rather than spoil the record.
    private mutating func appendShort(_ text: Span<UInt8>) {
        let count = UInt16(clamping: text.count)
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: count))
        bytes.append(text.extracting(0..<Int(count)))
    }

    private mutating func appendLong(_ value: Span<UInt8>) {
        let count = UInt32(clamping: value.count)
        bytes.appendBigEndian(count)
        bytes.append(value.extracting(0..<Int(count)))
    }
}
