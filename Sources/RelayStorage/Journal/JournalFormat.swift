/// How a segment `journal/00000001.log` is laid out. Integers are big-endian.
///
///     segment   magic 8 · version 4 · epoch 8 · first sequence 8 · created µs 8 · crc32c of these 4
///     record    length 4 · crc32c of the payload 4 · sequence 8 · crc32c of epoch and these 4 · payload
///
/// A record's head has a checksum of its own, so that a length can be believed: a file that ends inside a record whose
/// head is right was torn while it was written; anything else that does not add up is damage.
enum JournalFormat {
    static let magic = Array("CLASPJNL".utf8)
    static let version: UInt32 = 1
    static let segmentHeadBytes = 40
    static let recordHeadBytes = 20
    /// A bundle of 64 KiB in the smallest messages, each with the writer's name, stays far below.
    static let maxRecordBytes = 8 << 20

    static func name(of number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + ".log"
    }

    static func number(of name: String) -> UInt64? {
        guard name.hasSuffix(".log"), let number = UInt64(name.dropLast(4)), self.name(of: number) == name else {
            return nil
        }
        return number
    }
}

/// The first bytes of a segment.
struct SegmentHead: Sendable, Equatable {
    var epoch: UInt64
    var first: UInt64
    var created: Int64

    var bytes: [UInt8] {
        var bytes = JournalFormat.magic
        bytes.appendBigEndian(JournalFormat.version)
        bytes.appendBigEndian(epoch)
        bytes.appendBigEndian(first)
        bytes.appendBigEndian(UInt64(bitPattern: created))
        bytes.appendBigEndian(Checksum.of(bytes.span))
        return bytes
    }

    init(epoch: UInt64, first: UInt64, created: Int64) {
        self.epoch = epoch
        self.first = first
        self.created = created
    }

    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= JournalFormat.segmentHeadBytes else { return nil }
        let head = bytes.extracting(0..<JournalFormat.segmentHeadBytes)
        guard head.extracting(0..<JournalFormat.magic.count).equals(JournalFormat.magic) else { return nil }
        var cursor = ByteCursor(head.extracting(JournalFormat.magic.count..<head.count))
        guard cursor.integer(UInt32.self) == JournalFormat.version, let epoch = cursor.integer(UInt64.self),
            let first = cursor.integer(UInt64.self), let created = cursor.integer(UInt64.self),
            cursor.integer(UInt32.self) == Checksum.of(head.extracting(0..<head.count - 4))
        else { return nil }
        self.init(epoch: epoch, first: first, created: Int64(bitPattern: created))
    }
}

/// The bytes in front of a record's payload.
struct RecordHead {
    var length: UInt32
    var payloadChecksum: UInt32
    var sequence: UInt64

    /// Over the epoch, too: a record of another history never passes for one of this.
    static func checksum(epoch: UInt64, head: Span<UInt8>) -> UInt32 {
        var checksum = Checksum()
        checksum.add(epoch)
        checksum.add(head)
        return checksum.value
    }

    /// Nil when the head does not carry its checksum.
    init?(_ bytes: Span<UInt8>, epoch: UInt64) {
        guard bytes.count >= JournalFormat.recordHeadBytes else { return nil }
        let head = bytes.extracting(0..<JournalFormat.recordHeadBytes)
        var cursor = ByteCursor(head)
        guard let length = cursor.integer(UInt32.self), let payload = cursor.integer(UInt32.self),
            let sequence = cursor.integer(UInt64.self), let checksum = cursor.integer(UInt32.self),
            length <= JournalFormat.maxRecordBytes,
            checksum == Self.checksum(epoch: epoch, head: head.extracting(0..<JournalFormat.recordHeadBytes - 4))
        else { return nil }
        self.length = length
        payloadChecksum = payload
        self.sequence = sequence
    }

    /// Completes the records of a batch: the hub leaves the checksums to the thread that writes. False when the batch
    /// is not a row of whole records, which only a fault of ours could cause.
    static func seal(_ bytes: inout [UInt8], epoch: UInt64) -> Bool {
        var start = 0
        while start < bytes.count {
            guard bytes.count - start >= JournalFormat.recordHeadBytes else { return false }
            var length = 0
            for index in start..<start + 4 { length = length << 8 | Int(bytes[index]) }
            let payload = start + JournalFormat.recordHeadBytes
            guard bytes.count - payload >= length, length <= JournalFormat.maxRecordBytes else { return false }
            bytes.putBigEndian(Checksum.of(bytes.span.extracting(payload..<payload + length)), at: start + 4)
            let checksum = checksum(epoch: epoch, head: bytes.span.extracting(start..<start + 16))
            bytes.putBigEndian(checksum, at: start + 16)
            start = payload + length
        }
        return true
    }
}
