/// How the params were at some moment, from the checkpoints and the journal that are kept.
///
/// Only reads, and takes no lease: a relay may be at work in the directory.
package struct Past {
    private let files: any FileSystem
    private let directory: String

    package init(files: any FileSystem, directory: String) {
        self.files = files
        self.directory = directory
    }

    package struct Report: Sendable, Equatable {
        /// The record after which it was so.
        package var sequence: UInt64
        package var epoch: UInt64
        /// The checkpoint that it was built from, and when that was written (microseconds since 1970).
        package var base: String
        package var written: Int64
        /// Records that were applied on top.
        package var replayed = 0
    }

    private struct Candidate {
        let file: String
        let head: CheckpointHead
    }

    /// Hands the params over as they were after the last record that was written at `time` or before.
    package func read(at time: Int64, into sink: inout some RecoverySink) throws(PastError) -> Report {
        let chain: SegmentChain
        do throws(FileError) {
            guard try files.exists(directory) else {
                throw FileError(call: "open", path: directory, code: FileError.missing)
            }
            chain = try SegmentChain(in: directory, files)
        } catch {
            throw .failed(error)
        }
        let candidates = candidates().filter { chain.continues($0.head) }
        for candidate in candidates.reversed() where candidate.head.written <= time {
            sink.reset()
            guard load(candidate, into: &sink) else { continue }
            return try replay(chain, on: candidate, until: time, into: &sink)
        }
        throw .notKept(since: candidates.first?.head.written)
    }

    /// Oldest first.
    private func candidates() -> [Candidate] {
        let bases = Bases(files: files, directory: directory).all.map { "\(Bases.name)/\($0.name)" }
        let all = bases + [CheckpointFormat.previousName, CheckpointFormat.name]
        return all.compactMap { file -> Candidate? in
            let reader = CheckpointReader(files: files, path: "\(directory)/\(file)", now: 0)
            return reader.head().map { Candidate(file: file, head: $0) }
        }
        .sorted { ($0.head.written, $0.head.sequence) < ($1.head.written, $1.head.sequence) }
    }

    private func load(_ candidate: Candidate, into sink: inout some RecoverySink) -> Bool {
        let reader = CheckpointReader(files: files, path: "\(directory)/\(candidate.file)", now: 0)
        guard case .valid(candidate.head) = reader.inspect() else { return false }
        // A relay that is at work may have put another file in its place meanwhile.
        return (try? reader.load(into: &sink)) == candidate.head
    }

    private func replay(
        _ chain: SegmentChain, on base: Candidate, until time: Int64, into sink: inout some RecoverySink
    ) throws(PastError) -> Report {
        var report = Report(
            sequence: base.head.sequence, epoch: base.head.epoch, base: base.file, written: base.head.written)
        var history = JournalHistory(
            files: files, directory: directory, segments: chain.segments, after: base.head.sequence)
        while let record = history.next() {
            guard history.isComplete else { break }
            // What a signal says of its time may come from a client; it changes nothing here.
            if let written = record.entry.written, written > time { return report }
            record.entry.apply(to: &sink)
            report.sequence = record.sequence
            report.epoch = record.epoch
            report.replayed += 1
        }
        guard history.isComplete else { throw .gap(behind: report.sequence) }
        return report
    }
}

package enum PastError: Error, Equatable {
    /// Older than the oldest checkpoint that is kept: when that was written, if there is one.
    case notKept(since: Int64?)
    /// Records that would be needed are missing or damaged.
    case gap(behind: UInt64)
    case failed(FileError)
}

extension JournalEntry {
    /// When a param was changed; nil for what changes none.
    fileprivate var written: Int64? {
        switch self {
        case .set(_, _, _, let stamp): stamp.timestamp
        case .remove(_, _, let timestamp): timestamp
        case .signal: nil
        case .bundle(let entries): entries.lazy.compactMap(\.written).first
        }
    }
}
