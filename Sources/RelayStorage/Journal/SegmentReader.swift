/// Reads the records of one segment, judging each byte of it.
///
/// A segment is held in memory whole: the journal begins a new one at 16 MiB, and what one hand-over adds is bounded.
package struct SegmentReader {
    package let bytes: [UInt8]
    let head: SegmentHead
    private(set) var offset = JournalFormat.segmentHeadBytes

    /// How the readable part of a segment ends.
    package enum End: Sendable, Equatable {
        /// With the last byte of the file.
        case complete
        /// The file ends inside a record: writing was cut short there.
        case torn
        /// Something that is no record, and what it was found by.
        case damaged(String)
    }

    package private(set) var end: End?

    package init?(_ bytes: [UInt8]) {
        guard let head = SegmentHead(bytes.span) else { return nil }
        self.bytes = bytes
        self.head = head
    }

    /// The next record, or nil at the end, whose kind `end` then tells.
    package mutating func next() -> (sequence: UInt64, payload: Range<Int>)? {
        guard end == nil else { return nil }
        let left = bytes.count - offset
        if left == 0 { return finish(.complete) }
        if left < JournalFormat.recordHeadBytes { return finish(.torn) }
        guard let record = RecordHead(bytes.span.extracting(offset..<bytes.count), epoch: head.epoch) else {
            let limit = offset + JournalFormat.recordHeadBytes
            return finish(endsInZeros(before: limit) ? .torn : .damaged("the head of a record is wrong"))
        }
        let start = offset + JournalFormat.recordHeadBytes
        let length = Int(record.length)
        if bytes.count - start < length { return finish(.torn) }
        guard Checksum.of(bytes.span.extracting(start..<start + length)) == record.payloadChecksum else {
            let isTorn = endsInZeros(before: start + length)
            return finish(isTorn ? .torn : .damaged("the checksum of a record does not hold"))
        }
        offset = start + length
        return (record.sequence, start..<offset)
    }

    /// Goes on behind damage, at the next place where a whole record stands. False when there is none.
    package mutating func skipDamage() -> Bool {
        guard case .damaged = end else { return false }
        var place = offset + 1
        while place + JournalFormat.recordHeadBytes <= bytes.count {
            if let record = RecordHead(bytes.span.extracting(place..<bytes.count), epoch: head.epoch) {
                let start = place + JournalFormat.recordHeadBytes
                let length = Int(record.length)
                if bytes.count - start >= length,
                    Checksum.of(bytes.span.extracting(start..<start + length)) == record.payloadChecksum
                {
                    offset = place
                    end = nil
                    return true
                }
            }
            place += 1
        }
        return false
    }

    /// After a power cut a file can have its length but not all of its content. What is missing reads as zeros: from the
    /// beginning of the record or of a sector inside it, up to the end of the file.
    private func endsInZeros(before limit: Int) -> Bool {
        guard let last = bytes.lastIndex(where: { $0 != 0 }), last >= offset else { return true }
        let sector = (last / Self.sectorBytes + 1) * Self.sectorBytes
        return sector < limit && sector < bytes.count
    }

    private static let sectorBytes = 512

    private mutating func finish(_ end: End) -> (sequence: UInt64, payload: Range<Int>)? {
        self.end = end
        return nil
    }
}
