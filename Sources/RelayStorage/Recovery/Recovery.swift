/// Reads what earlier runs have left: the newest valid checkpoint, then the journal.
///
/// Two phases. The first reads, hands the state to the sink and comes to a verdict, and changes nothing on the disk.
/// The second, `setAside`, happens only when the relay is going to start: it moves what cannot be trusted to quarantine.
struct Recovery<Sink: RecoverySink> {
    let files: any FileSystem
    let directory: String
    let mode: RecoveryMode
    let leaseWasReturned: Bool
    let now: Int64

    private(set) var report = RecoveryReport()
    private(set) var chain = SegmentChain()
    /// The checkpoint that a fallback to the previous file would start from: journal behind it must be kept.
    private(set) var previousSequence: UInt64 = 0
    private(set) var coveredSequence: UInt64 = 0
    /// Findings that take nothing from state or history.
    private var harmless = 0
    private var moves: [Finding] = []
    private var copies: [Finding] = []

    init(
        files: any FileSystem, directory: String, mode: RecoveryMode, leaseWasReturned: Bool, now: Int64
    ) {
        self.files = files
        self.directory = directory
        self.mode = mode
        self.leaseWasReturned = leaseWasReturned
        self.now = now
    }

    mutating func read(into sink: inout Sink) throws(StorageError) {
        do throws(FileError) {
            chain = try SegmentChain(in: directory, files)
        } catch {
            throw .failed(error)
        }
        let head = try readCheckpoint(into: &sink)
        coveredSequence = head?.sequence ?? 0
        report.sequence = coveredSequence
        report.epoch = chain.segments.last?.epoch ?? head?.epoch
        if report.isImport {
            forgetJournal()
        } else {
            try readJournal(into: &sink)
        }
        report.isContinued =
            leaseWasReturned && head?.isClean == true && report.findings.count == harmless
            && report.checkpoint == CheckpointFormat.name && report.sequence == coveredSequence
            && journalEndsWithCheckpoint()
        report.quarantined = Quarantine.count(in: directory, files) + moves.count + copies.count
    }

    /// What a killed process had written was read from the system's memory, and counts as committed from here on: so it
    /// has to be on the disk. (Only the newest segment can lack anything; the one before was synced when it began.)
    func makeSafe() throws(FileError) {
        guard report.replayed > 0, let newest = chain.segments.last else { return }
        let file = try files.open("\(directory)/\(path(newest.number))", .read)
        defer { files.close(file) }
        try files.sync(file, dataOnly: false)
    }

    /// Moves and copies what the verdict has condemned.
    func setAside() throws(FileError) {
        let quarantine = Quarantine(files: files, directory: directory, now: now)
        for finding in copies { try quarantine.copy(finding) }
        for finding in moves { try quarantine.take(finding) }
        // What a crash has left of a segment that was just being made.
        for (number, isTorn) in chain.unreadable where isTorn { try files.remove("\(directory)/\(path(number))") }
        if !moves.isEmpty || !copies.isEmpty { try files.syncDirectory(directory) }
    }

    // MARK: Checkpoint

    private mutating func readCheckpoint(into sink: inout Sink) throws(StorageError) -> CheckpointHead? {
        var invalid: [Finding] = []
        var loaded: (name: String, head: CheckpointHead?)?
        for name in [CheckpointFormat.name, CheckpointFormat.previousName] where loaded == nil {
            let reader = CheckpointReader(files: files, path: "\(directory)/\(name)", now: now)
            switch reader.inspect() {
            case .absent: continue
            case .invalid(let reason): invalid.append(Finding(name, reason))
            case .valid, .foreign:
                sink.reset()
                do throws(CheckpointError) {
                    loaded = (name, try reader.load(into: &sink))
                } catch {
                    sink.reset()
                    invalid.append(Finding(name, error.reason))
                }
            }
        }
        report.findings += invalid
        moves += invalid
        if !invalid.isEmpty, mode == .strict { throw refusal() }
        if let loaded {
            report.checkpoint = loaded.name
            report.isImport = loaded.head == nil
            previousSequence = loaded.head?.sequence ?? 0
            if loaded.name == CheckpointFormat.name { try readPrevious() }
            return loaded.head
        }
        // Without any checkpoint the journal is the state, if it goes back to the first record.
        if !invalid.isEmpty, chain.segments.first?.first != 1 {
            guard mode == .salvage else { throw refusal("No checkpoint is whole. ") }
            salvageCheckpoint(invalid, into: &sink)
        }
        return nil
    }

    /// Looks at the previous file while the present one is in use: journal behind it is kept, and damage to it is told,
    /// although it costs nothing.
    private mutating func readPrevious() throws(StorageError) {
        let name = CheckpointFormat.previousName
        switch CheckpointReader(files: files, path: "\(directory)/\(name)", now: now).inspect() {
        case .valid(let head): previousSequence = min(previousSequence, head.sequence)
        case .foreign: previousSequence = 0
        case .absent: break
        case .invalid(let reason):
            report.findings.append(Finding(name, reason))
            moves.append(Finding(name, reason))
            if mode == .strict { throw refusal() }
            harmless = 1
        }
    }

    private mutating func salvageCheckpoint(_ candidates: [Finding], into sink: inout Sink) {
        for candidate in candidates {
            sink.reset()
            let salvage = CheckpointSalvage(files: files, path: "\(directory)/\(candidate.file)", now: now)
            if salvage.load(into: &sink) > 0 {
                report.checkpoint = candidate.file
                return
            }
        }
        sink.reset()
    }

    private func refusal(_ sentence: String = "") -> StorageError {
        let advice =
            switch mode {
            case .strict: "Start with --recover=last-good to go on from the newest state that is whole."
            case .lastGood, .salvage: "Start with --recover=salvage to go on with what can be read."
            }
        return .refused(report.findings, advice: sentence + advice)
    }

    // MARK: Journal

    /// An imported file begins a new history; the journal of another one must not be played on top of it.
    private mutating func forgetJournal() {
        let all = chain.segments.map(\.number) + chain.unreadable.map(\.number)
        for number in all.sorted() {
            moves.append(Finding(path(number), "it belongs to the history before state.json was imported"))
        }
        chain.segments = []
        chain.unreadable = []
    }

    private mutating func readJournal(into sink: inout Sink) throws(StorageError) {
        for (number, isTorn) in chain.unreadable where !isTorn {
            let finding = Finding(path(number), "its head is damaged")
            report.findings.append(finding)
            moves.append(finding)
        }
        if mode == .strict, !report.findings.isEmpty { throw refusal() }
        for index in chain.segments.indices {
            guard try fillsGap(in: index) else { return abandon(from: index) }
            guard try readSegment(index, into: &sink) else { return abandon(from: index + 1) }
        }
    }

    /// Whether the records in front of a segment are there. False: the history ends before it.
    private mutating func fillsGap(in index: Int) throws(StorageError) -> Bool {
        let segment = chain.segments[index]
        guard segment.first > report.sequence &+ 1, chain.end(of: index) > segment.first else { return true }
        let gap = "records \(report.sequence &+ 1) to \(segment.first &- 1) are missing in front of it"
        guard try found(Finding(path(segment.number), gap), isCopied: false) else { return false }
        report.sequence = segment.first &- 1
        return true
    }

    /// False: the history ends inside it.
    private mutating func readSegment(_ index: Int, into sink: inout Sink) throws(StorageError) -> Bool {
        let segment = chain.segments[index]
        let end = chain.end(of: index)
        // Whatever it contains, the checkpoint or a later segment answers for it.
        if end <= report.sequence &+ 1 { return true }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.contents(of: "\(directory)/\(path(segment.number))", limit: 1 << 30)
        } catch {
            return try found(Finding(path(segment.number), "it cannot be read: \(error)"), isCopied: false)
        }
        guard var reader = SegmentReader(bytes) else {
            return try found(Finding(path(segment.number), "its head is damaged"), isCopied: false)
        }
        return try readRecords(&reader, segment, end, into: &sink)
    }

    private mutating func readRecords(
        _ reader: inout SegmentReader, _ segment: SegmentInfo, _ end: UInt64, into sink: inout Sink
    ) throws(StorageError) -> Bool {
        var last = segment.first &- 1
        while true {
            while let (sequence, payload) = reader.next() {
                if sequence >= end { return true }
                guard sequence > last, sequence == last &+ 1 || mode == .salvage else {
                    return try found(Finding(path(segment.number), "record \(last &+ 1) is missing"), isCopied: true)
                }
                last = sequence
                if sequence <= report.sequence { continue }
                guard let entry = JournalEntry(reader.bytes.span.extracting(payload)) else {
                    let finding = Finding(path(segment.number), "record \(sequence) is of an unknown kind")
                    guard try found(finding, isCopied: true) else { return false }
                    continue
                }
                entry.apply(to: &sink)
                report.sequence = sequence
                report.replayed += 1
            }
            switch reader.end {
            case .damaged(let reason):
                // Behind the point where a later segment took over nothing is missed.
                if end <= report.sequence &+ 1 { return true }
                let finding = Finding(path(segment.number), "\(reason), behind record \(last)")
                guard try found(finding, isCopied: true), reader.skipDamage() else { return mode == .salvage }
            case .torn:
                report.isTorn = true
                return true
            case .complete, nil:
                return true
            }
        }
    }

    /// Notes damage. True: go on reading behind it.
    private mutating func found(_ finding: Finding, isCopied: Bool) throws(StorageError) -> Bool {
        report.findings.append(finding)
        if mode == .strict { throw refusal() }
        if isCopied, !copies.contains(where: { $0.file == finding.file }) { copies.append(finding) }
        return mode == .salvage
    }

    /// What lies behind the end of the history is kept, but not as part of it.
    private mutating func abandon(from index: Int) {
        let last = chain.segments[min(index, chain.segments.count)...]
        for segment in last where !moves.contains(where: { $0.file == path(segment.number) }) {
            moves.append(Finding(path(segment.number), "it follows damage, so it is no part of the recovered history"))
        }
        chain.segments.removeLast(last.count)
    }

    /// After an orderly stop the journal ends exactly where the checkpoint does; anything else means that history is
    /// missing, even though the state is whole.
    private mutating func journalEndsWithCheckpoint() -> Bool {
        guard let segment = chain.segments.last,
            let bytes = try? files.contents(of: "\(directory)/\(path(segment.number))", limit: 1 << 30),
            var reader = SegmentReader(bytes)
        else { return false }
        var last = segment.first &- 1
        var nextMark = SegmentMark.distance
        while true {
            let offset = reader.offset
            guard let (sequence, _) = reader.next() else { break }
            // Most who come back after a restart ask for what is in here.
            if offset >= nextMark {
                chain.mark(SegmentMark(sequence: sequence, offset: Int64(offset)))
                nextMark = offset + SegmentMark.distance
            }
            last = sequence
        }
        return reader.end == .complete && last == coveredSequence && chain.unreadable.allSatisfy(\.isTorn)
    }

    private func path(_ number: UInt64) -> String { "\(SegmentChain.directoryName)/\(JournalFormat.name(of: number))" }
}
