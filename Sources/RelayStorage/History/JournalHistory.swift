/// Walks through the journal that is still kept, oldest record first.
///
/// Works on a list of segments taken when it was made. A segment that has been thrown away in the meantime, or cannot be
/// read, makes a gap; `isComplete` says whether there was one.
package struct JournalHistory: Sendable {
    private let files: any FileSystem
    private let home: String
    private let segments: [SegmentInfo]
    /// By segment, the number of the first record that it does not answer for.
    private let ends: [UInt64]
    private let after: UInt64

    private var index = 0
    private var window: SegmentWindow?
    private var last: UInt64?
    /// No record between the first that was asked for and the last that was given is missing.
    package private(set) var isComplete = true

    init(files: any FileSystem, directory: String, segments: [SegmentInfo], after: UInt64) {
        self.files = files
        home = "\(directory)/\(SegmentChain.directoryName)"
        self.segments = segments
        self.after = after
        var chain = SegmentChain()
        chain.segments = segments
        ends = chain.ends
    }

    package struct Record: Sendable, Equatable {
        package let sequence: UInt64
        package let epoch: UInt64
        package let entry: JournalEntry
    }

    /// The oldest record that can be had, as far as the segments' heads tell.
    package var oldest: UInt64? { segments.first?.first }

    package mutating func next() -> Record? {
        while let (sequence, epoch, payload) = advance() {
            if let entry = JournalEntry(bytes.span.extracting(payload)) {
                return Record(sequence: sequence, epoch: epoch, entry: entry)
            }
            isComplete = false
        }
        return nil
    }

    // MARK: Without a copy

    /// What the places that `advance` gives are in, until the next one.
    var bytes: [UInt8] { window?.bytes ?? [] }

    mutating func advance() -> (sequence: UInt64, epoch: UInt64, payload: Range<Int>)? {
        while true {
            if window == nil, !openNext() { return nil }
            let segment = segments[index - 1]
            guard let (sequence, payload) = nextInWindow(), sequence < ends[index - 1] else {
                window = nil
                continue
            }
            if sequence <= after { continue }
            if sequence != (last ?? after) &+ 1 { isComplete = false }
            last = sequence
            return (sequence, segment.epoch, payload)
        }
    }

    /// Gives the memory back until another record is wanted.
    mutating func rest() { window?.rest() }

    private mutating func nextInWindow() -> (sequence: UInt64, payload: Range<Int>)? {
        var isWhole = false
        do throws(FileError) {
            if let record = try window?.next() { return record }
            isWhole = window?.isDamaged == false
        } catch {}
        // Behind the point where a later segment took over nothing is missed.
        if !isWhole, (last ?? after) &+ 1 < ends[index - 1] { isComplete = false }
        return nil
    }

    private mutating func openNext() -> Bool {
        while index < segments.count {
            index += 1
            if ends[index - 1] <= after &+ 1 { continue }
            let segment = segments[index - 1]
            window = SegmentWindow(
                files: files, path: "\(home)/\(segment.name)", epoch: segment.epoch,
                from: segment.marks.last { $0.sequence <= after &+ 1 })
            return true
        }
        return false
    }
}
