/// Reads the records of a segment a window at a time, also while it is still written: the file is open only while the
/// window is filled, and between two records the memory can be given back.
///
/// Not for recovery, which judges every byte of a segment (`SegmentReader`).
struct SegmentWindow {
    private let files: any FileSystem
    private let path: String
    private let epoch: UInt64

    /// Where `bytes` begins in the file.
    private var base: Int64
    private(set) var bytes: [UInt8] = []
    private var place = 0
    /// What follows is no record. A file that merely ends is not damaged.
    private(set) var isDamaged = false

    private static let windowBytes = 256 << 10

    /// From `mark` on, or from the first record.
    init(files: any FileSystem, path: String, epoch: UInt64, from mark: SegmentMark? = nil) {
        self.files = files
        self.path = path
        self.epoch = epoch
        base = mark?.offset ?? Int64(JournalFormat.segmentHeadBytes)
    }

    /// Behind the last whole record, in the file.
    var offset: Int64 { base + Int64(place) }

    /// The next record, its payload as a place in `bytes`; nil at the end.
    mutating func next() throws(FileError) -> (sequence: UInt64, payload: Range<Int>)? {
        guard !isDamaged, try has(JournalFormat.recordHeadBytes) else { return nil }
        guard let head = RecordHead(bytes.span.extracting(place..<bytes.count), epoch: epoch) else {
            isDamaged = true
            return nil
        }
        let count = JournalFormat.recordHeadBytes + Int(head.length)
        guard try has(count) else { return nil }
        let payload = place + JournalFormat.recordHeadBytes..<place + count
        guard Checksum.of(bytes.span.extracting(payload)) == head.payloadChecksum else {
            isDamaged = true
            return nil
        }
        place += count
        return (head.sequence, payload)
    }

    /// Gives the memory back until another record is wanted.
    mutating func rest() {
        base += Int64(place)
        bytes = []
        place = 0
    }

    private mutating func has(_ count: Int) throws(FileError) -> Bool {
        if bytes.count - place >= count { return true }
        bytes.removeFirst(place)
        base += Int64(place)
        place = 0
        let file = try files.open(path, .read)
        defer { files.close(file) }
        while bytes.count < count {
            let wanted = max(Self.windowBytes, count) - bytes.count
            if try files.read(file, at: base + Int64(bytes.count), upTo: wanted, into: &bytes) == 0 { return false }
        }
        return true
    }
}
