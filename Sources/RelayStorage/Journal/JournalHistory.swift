/// Walks through the journal that is still kept, oldest record first.
///
/// Works on a list of segments taken when it was made. A segment that has been thrown away in the meantime, or cannot be
/// read, makes a gap; `isComplete` says whether there was one.
package struct JournalHistory {
    private let files: any FileSystem
    private let directory: String
    private let chain: SegmentChain
    private let after: UInt64

    private var index = 0
    private var reader: SegmentReader?
    private var last: UInt64?
    /// No record between the first that was asked for and the last that was given is missing.
    package private(set) var isComplete = true

    init(files: any FileSystem, directory: String, segments: [SegmentInfo], after: UInt64) {
        self.files = files
        self.directory = directory
        self.after = after
        var chain = SegmentChain()
        chain.segments = segments
        self.chain = chain
    }

    package struct Record: Sendable, Equatable {
        package let sequence: UInt64
        package let epoch: UInt64
        package let entry: JournalEntry
    }

    /// The oldest record that can be had, as far as the segments' heads tell.
    package var oldest: UInt64? { chain.segments.first?.first }

    package mutating func next() -> Record? {
        while true {
            guard var reader else {
                guard openNext() else { return nil }
                continue
            }
            let end = chain.end(of: index - 1)
            guard let (sequence, payload) = reader.next(), sequence < end else {
                if case .damaged = reader.end { isComplete = false }
                self.reader = nil
                continue
            }
            self.reader = reader
            if sequence <= after { continue }
            if sequence != (last ?? after) &+ 1 { isComplete = false }
            last = sequence
            guard let entry = JournalEntry(reader.bytes.span.extracting(payload)) else {
                isComplete = false
                continue
            }
            return Record(sequence: sequence, epoch: reader.head.epoch, entry: entry)
        }
    }

    private mutating func openNext() -> Bool {
        while index < chain.segments.count {
            let segment = chain.segments[index]
            index += 1
            if chain.end(of: index - 1) <= after &+ 1 { continue }
            let path = "\(directory)/\(SegmentChain.directoryName)/\(segment.name)"
            if let bytes = try? files.contents(of: path, limit: 1 << 30), let opened = SegmentReader(bytes) {
                reader = opened
                return true
            }
            isComplete = false
        }
        return false
    }
}
