internal import RelayThreads
internal import Synchronization

/// The write-ahead journal: takes the records of each tick and writes them on a thread of its own.
///
/// Group commit: one fdatasync answers for everything written before it; it happens at once when somebody waits for the
/// disk, else at most every `syncInterval`. After a failed write or sync nothing more is written to that file: the
/// journal is down, acknowledges nothing, and comes back only on top of a fresh checkpoint (`reopen`).
final class Journal: Sendable {
    enum Phase: Sendable, Equatable {
        /// It was down and a checkpoint has begun, on top of which it can come back: records are kept.
        case waiting
        /// The thread makes the next segment: records are kept.
        case opening
        case open
        /// Records are thrown away, for the memory alone has the state now.
        case down(FileError)
        case closed
    }

    private struct Mailbox {
        var phase = Phase.opening
        var pending: [UInt8] = []
        /// The last record handed in.
        var sequence: UInt64
        var wantsWord = false
        var wantsSync = false
        var wantsRotation = false
        var opening: (epoch: UInt64, after: UInt64)?
        var wantsClose = false
    }

    private enum Work {
        case open(epoch: UInt64, after: UInt64)
        case write(last: UInt64, wantsWord: Bool, wantsSync: Bool, rotates: Bool)
        case sync
        case close
    }

    private let mailbox: Monitor<Mailbox>
    private let chain: Monitor<SegmentChain>
    private let options: StorageOptions
    private let surroundings: StorageSurroundings
    private let thread: Monitor<BackgroundThread?>

    let written: Atomic<UInt64>
    let durable: Atomic<UInt64>
    /// Bytes handed to the disk since the start; never less than before.
    let bytesWritten = Atomic<UInt64>(0)
    let syncs = Atomic<UInt64>(0)
    private let backlog = Atomic<Int>(0)
    /// `written` once more, for those who wait for it.
    private let progress: Monitor<UInt64>
    private let isUp = Atomic<Bool>(false)

    init(after sequence: UInt64, _ chain: SegmentChain, _ options: StorageOptions, _ surroundings: StorageSurroundings)
    {
        mailbox = Monitor(Mailbox(sequence: sequence))
        self.chain = Monitor(chain)
        self.options = options
        self.surroundings = surroundings
        written = Atomic(sequence)
        durable = Atomic(sequence)
        progress = Monitor(sequence)
        thread = Monitor(nil)
    }

    func start(epoch: UInt64) {
        mailbox.withLock { $0.opening = (epoch, $0.sequence) }
        let running = BackgroundThread(name: "relay-journal") { [self] in run() }
        thread.withLock { $0 = running }
        mailbox.wait { $0.phase == .opening ? nil : true }
    }

    // MARK: On the loop thread

    /// One load: records are being written.
    var isOpen: Bool { isUp.load(ordering: .relaxed) }

    func submit(_ batch: inout JournalBatch) {
        mailbox.change { box in
            box.sequence = batch.sequence
            switch box.phase {
            case .down, .closed:
                batch.clear()
            case .waiting, .opening, .open:
                box.wantsWord = box.wantsWord || batch.wantsWord
                box.wantsSync = box.wantsSync || batch.wantsSync
                if box.pending.isEmpty {
                    batch.exchange(&box.pending)
                } else {
                    box.pending.append(contentsOf: batch.bytes)
                    batch.clear()
                }
                if box.pending.count > 2 * options.maxBacklogBytes {
                    box.phase = .down(FileError(call: "write", path: directory, code: FileError.noProgress))
                    box.pending = []
                    isUp.store(false, ordering: .relaxed)
                }
            }
            backlog.store(box.pending.count, ordering: .relaxed)
        }
    }

    /// More is waiting than should: the disk does not keep up.
    var isCongested: Bool { backlog.load(ordering: .relaxed) > options.maxBacklogBytes }

    var phase: Phase { mailbox.withLock { $0.phase } }

    /// A checkpoint at this moment has begun. A journal that is down keeps its records again from here on, because the
    /// checkpoint answers for all before.
    func checkpointBegins() {
        mailbox.change { box in
            switch box.phase {
            case .down:
                box.pending = []
                (box.wantsWord, box.wantsSync) = (false, false)
                box.phase = .waiting
            case .open: box.wantsRotation = true
            // A segment that is only being made goes on behind the checkpoint before this one, and has everything since.
            case .waiting, .opening, .closed: break
            }
        }
    }

    // MARK: On the history thread

    /// False when the time is over; a journal that is down writes nothing more, so nobody waits for it.
    func waitUntilWritten(_ sequence: UInt64, upTo time: Duration) -> Bool {
        progress.wait(upTo: time) { written in
            if written >= sequence { return true }
            switch phase {
            case .waiting, .opening, .open: return nil
            case .down, .closed: return true
            }
        } ?? false
    }

    // MARK: On the checkpoint thread

    /// The checkpoint that `checkpointBegins` announced exists: a journal that was down goes on behind it.
    func reopen(epoch: UInt64, after sequence: UInt64) -> Bool {
        mailbox.change { box in
            guard box.phase == .waiting else { return false }
            box.phase = .opening
            box.opening = (epoch, sequence)
            return true
        }
    }

    /// The checkpoint failed: back to being down.
    func checkpointFailed(_ error: FileError) {
        mailbox.change { box in
            guard box.phase == .waiting else { return }
            box.phase = .down(error)
            box.pending = []
            backlog.store(0, ordering: .relaxed)
        }
    }

    var segments: [SegmentInfo] { chain.withLock { $0.segments } }

    func forget(_ numbers: Set<UInt64>) {
        chain.withLock { $0.segments.removeAll { numbers.contains($0.number) } }
    }

    /// Writes and syncs what there is, and ends the thread.
    func close() {
        mailbox.change { $0.wantsClose = true }
        thread.withLock { $0.take() }?.join()
    }

    // MARK: The writing thread

    private var directory: String { "\(options.directory)/\(SegmentChain.directoryName)" }

    private func run() {
        var segment: OpenSegment?
        var buffer: [UInt8] = []
        while true {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 4 << 20)
            let work = nextWork(&buffer, syncDue: segment?.syncDue)
            do throws(FileError) {
                switch work {
                case .open(let epoch, let after):
                    // Still there when it was the backlog, not the disk, that took the journal down.
                    if let segment { surroundings.files.close(segment.file) }
                    segment = nil
                    segment = try openSegment(epoch: epoch, first: after &+ 1)
                    mailbox.change { box in
                        // The backlog may have grown too long meanwhile.
                        guard box.phase == .opening else { return }
                        box.phase = .open
                        isUp.store(true, ordering: .relaxed)
                    }
                    publish(written: after, durable: after)
                    surroundings.wake()
                case .write(let last, let wantsWord, let wantsSync, let rotates):
                    guard let current = segment else { continue }
                    if rotates || current.size >= options.segmentBytes {
                        segment = nil
                        try finish(current)
                        segment = try openSegment(epoch: current.epoch, first: current.last &+ 1)
                    }
                    let wasCongested = isCongested
                    try write(&buffer, to: &segment, last: last)
                    // Nobody but those who wait needs to know, and a loop that sleeps sleeps on.
                    if wantsWord || wasCongested { surroundings.wake() }
                    // On a slow disk there is always more to write, so nobody else looks whether it is time.
                    guard wantsSync || segment?.isSyncDue == true else { continue }
                    try sync(&segment)
                    if wantsSync { surroundings.wake() }
                case .sync:
                    try sync(&segment)
                case .close:
                    if let segment { try finish(segment) }
                    isUp.store(false, ordering: .relaxed)
                    mailbox.change { $0.phase = .closed }
                    surroundings.wake()
                    return
                }
            } catch {
                // The file is left as it is: what a failed sync has dropped, a second one would not bring back.
                if let segment { surroundings.files.close(segment.file) }
                segment = nil
                fail(error)
                if case .close = work { return }
            }
        }
    }

    private func nextWork(_ buffer: inout [UInt8], syncDue: Int64?) -> Work {
        let patience = syncDue.map { Duration.nanoseconds(max(0, $0 - MonotonicClock.now)) }
        let found = mailbox.wait(upTo: patience) { box -> Work? in
            if let opening = box.opening {
                box.opening = nil
                return .open(epoch: opening.epoch, after: opening.after)
            }
            if box.phase == .open, !box.pending.isEmpty || box.wantsWord || box.wantsSync {
                swap(&buffer, &box.pending)
                let work = Work.write(
                    last: box.sequence, wantsWord: box.wantsWord, wantsSync: box.wantsSync, rotates: box.wantsRotation)
                (box.wantsWord, box.wantsSync, box.wantsRotation) = (false, false, false)
                return work
            }
            return box.wantsClose ? .close : nil
        }
        return found ?? .sync
    }

    private func write(_ buffer: inout [UInt8], to segment: inout OpenSegment?, last: UInt64) throws(FileError) {
        guard !buffer.isEmpty, var current = segment else { return }
        if current.size >= current.nextMark {
            let mark = SegmentMark(sequence: current.last &+ 1, offset: Int64(current.size))
            chain.withLock { $0.mark(mark) }
            current.nextMark = current.size + SegmentMark.distance
        }
        guard RecordHead.seal(&buffer, epoch: current.epoch) else {
            throw FileError(call: "encode", path: current.file.path, code: FileError.tooLarge)
        }
        try surroundings.files.writeAll(current.file, buffer)
        current.size += buffer.count
        current.last = last
        if current.syncDue == nil { current.syncDue = MonotonicClock.now + options.syncInterval.nanoseconds }
        segment = current
        bytesWritten.add(UInt64(buffer.count), ordering: .relaxed)
        backlog.store(0, ordering: .relaxed)
        publish(written: last, durable: nil)
    }

    private func sync(_ segment: inout OpenSegment?) throws(FileError) {
        guard let current = segment, current.syncDue != nil else { return }
        try surroundings.files.sync(current.file, dataOnly: true)
        syncs.add(1, ordering: .relaxed)
        segment?.syncDue = nil
        publish(written: nil, durable: current.last)
    }

    private func finish(_ segment: OpenSegment) throws(FileError) {
        var segment: OpenSegment? = segment
        defer { if let segment { surroundings.files.close(segment.file) } }
        try sync(&segment)
    }

    private func openSegment(epoch: UInt64, first: UInt64) throws(FileError) -> OpenSegment {
        let files = surroundings.files
        try files.makeDirectory(directory)
        let number = chain.withLock { chain in
            chain.next &+= 1
            return chain.next &- 1
        }
        let head = SegmentHead(epoch: epoch, first: first, created: surroundings.clock())
        let file = try files.open("\(directory)/\(JournalFormat.name(of: number))", .new)
        do throws(FileError) {
            try files.writeAll(file, head.bytes)
            try files.sync(file, dataOnly: false)
            try files.syncDirectory(directory)
        } catch {
            files.close(file)
            // Nothing is in it, and the next one gets another number.
            try? files.remove(file.path)
            throw error
        }
        chain.withLock {
            $0.segments.append(SegmentInfo(number: number, epoch: epoch, first: first, created: head.created))
        }
        return OpenSegment(file: file, epoch: epoch, last: first &- 1, size: JournalFormat.segmentHeadBytes)
    }

    private func publish(written: UInt64?, durable: UInt64?) {
        if let written { self.written.store(written, ordering: .releasing) }
        if let durable { self.durable.store(durable, ordering: .releasing) }
        if let written { progress.change { $0 = written } }
    }

    private func fail(_ error: FileError) {
        isUp.store(false, ordering: .relaxed)
        mailbox.change { box in
            box.phase = .down(error)
            box.pending = []
            box.opening = nil
            (box.wantsWord, box.wantsSync, box.wantsRotation) = (false, false, false)
            backlog.store(0, ordering: .relaxed)
        }
        progress.change { _ in }
        surroundings.wake()
    }
}

/// The segment that is being written.
private struct OpenSegment {
    let file: OpenFile
    let epoch: UInt64
    var last: UInt64
    var size: Int
    /// The size at which a mark is set again.
    var nextMark = SegmentMark.distance
    /// On the monotonic clock; nil when everything is synced.
    var syncDue: Int64?

    var isSyncDue: Bool { syncDue.map { $0 <= MonotonicClock.now } ?? false }
}
