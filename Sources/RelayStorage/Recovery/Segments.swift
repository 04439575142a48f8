/// A segment of the journal as it lies in its directory.
package struct SegmentInfo: Sendable, Equatable {
    package let number: UInt64
    package let epoch: UInt64
    package let first: UInt64
    /// Microseconds since 1970.
    package let created: Int64
    /// In their order; none in segments of earlier lives that nobody has read.
    var marks: [SegmentMark] = []

    var name: String { JournalFormat.name(of: number) }
}

/// Where a record begins in its segment, so that whoever comes back to it need not read all that is before.
struct SegmentMark: Sendable, Equatable {
    let sequence: UInt64
    let offset: Int64

    /// One for about so many bytes.
    static let distance = 64 << 10
}

/// The journal's directory as a chain: which record numbers each segment answers for.
///
/// A segment ends where any later one begins, whatever else it contains: a relay that could not read on went on from
/// there in a new segment, and what it could not read is not part of the history.
package struct SegmentChain: Sendable, Equatable {
    static let directoryName = "journal"

    /// In the order of their numbers.
    package internal(set) var segments: [SegmentInfo] = []
    /// Files whose head is not one; torn if a crash may have left it so while it was being made, as the newest.
    var unreadable: [(number: UInt64, isTorn: Bool)] = []
    /// The number for the next segment.
    var next: UInt64 = 1

    package static func == (one: SegmentChain, other: SegmentChain) -> Bool {
        one.segments == other.segments && one.next == other.next
    }

    init() {}

    init(in directory: String, _ files: any FileSystem) throws(FileError) {
        let home = "\(directory)/\(Self.directoryName)"
        guard try files.exists(home) else { return }
        for number in try files.names(in: home).compactMap({ JournalFormat.number(of: $0) }).sorted() {
            next = max(next, number &+ 1)
            let file: OpenFile
            do throws(FileError) {
                file = try files.open("\(home)/\(JournalFormat.name(of: number))", .read)
            } catch  where error.code == FileError.missing {
                // A relay that is at work has just thrown it away.
                continue
            }
            defer { files.close(file) }
            var head: [UInt8] = []
            // A byte more, to see whether anything follows.
            while head.count <= JournalFormat.segmentHeadBytes {
                let wanted = JournalFormat.segmentHeadBytes + 1 - head.count
                if try files.read(file, upTo: wanted, into: &head) == 0 { break }
            }
            if let read = SegmentHead(head.span) {
                segments.append(
                    SegmentInfo(number: number, epoch: read.epoch, first: read.first, created: read.created))
            } else {
                // Nothing is written behind a head before that is on the disk.
                let isTorn =
                    head.count < JournalFormat.segmentHeadBytes
                    || head.count == JournalFormat.segmentHeadBytes && head.allSatisfy { $0 == 0 }
                unreadable.append((number, isTorn))
            }
        }
        let newest = segments.last?.number ?? 0
        unreadable = unreadable.map { ($0.number, $0.isTorn && $0.number > newest) }
    }

    /// Notes a place in the newest segment.
    mutating func mark(_ mark: SegmentMark) {
        guard !segments.isEmpty else { return }
        segments[segments.count - 1].marks.append(mark)
    }

    /// The number of the first record that the segment does not answer for.
    func end(of index: Int) -> UInt64 {
        segments[(index + 1)...].map(\.first).min() ?? .max
    }

    /// `end(of:)` for each segment.
    var ends: [UInt64] {
        var ends: [UInt64] = []
        var end = UInt64.max
        for segment in segments.reversed() {
            ends.append(end)
            end = min(end, segment.first)
        }
        return ends.reversed()
    }

    /// False for a checkpoint of a branch that was given up: after damage, or an import, another history took over in
    /// front of it.
    func continues(_ head: CheckpointHead) -> Bool {
        !segments.contains { $0.epoch != head.epoch && $0.created > head.written && $0.first <= head.sequence }
    }

    /// The epochs of the records behind `after` up to `through` that can have been written at `from` or later.
    func epochs(after: UInt64, through: UInt64, from: Int64) -> Set<UInt64> {
        let ends = ends
        var epochs: Set<UInt64> = []
        for (index, segment) in segments.enumerated() where segment.first <= through && ends[index] > after &+ 1 {
            let isOver = index + 1 < segments.count && segments[index + 1].created < from
            if !isOver { epochs.insert(segment.epoch) }
        }
        return epochs
    }
}
