internal import RelayThreads
internal import Synchronization

/// The thread behind the checkpoints. Between them it watches the disk, throws old journal away and helps a journal
/// that is down up again. It runs at the lowest priority: the loop comes first.
final class Keeper: Sendable {
    private struct Job {
        var contents: any CheckpointContents
        var head: CheckpointHead
        var uncoveredFrom: UInt64
    }

    private struct State {
        var job: Job?
        var isWriting = false
        var lastSucceeded = false
        var isClosed = false
        var health: StorageHealth
        var checkpointError: FileError?
        var diskError: FileError?
        /// What state.json and state.json.prev cover.
        var covered: UInt64
        var previous: UInt64
        /// `bytesWritten` of the journal at the last checkpoint.
        var uncoveredFrom: UInt64 = 0
        /// Attempts to bring the journal back, for growing pauses between them.
        var attempts = 0
        var pause = 0
    }

    private let state: Monitor<State>
    private let journal: Journal
    private let options: StorageOptions
    private let surroundings: StorageSurroundings
    private let thread: Monitor<BackgroundThread?>

    private let isFull = Atomic<Bool>(false)
    private let wants: Atomic<Bool>
    private let epochBits: Atomic<UInt64>

    init(
        _ journal: Journal, _ options: StorageOptions, _ surroundings: StorageSurroundings, epoch: UInt64,
        covered: UInt64, previous: UInt64, quarantined: Int, wantsCheckpoint: Bool
    ) {
        self.journal = journal
        self.options = options
        self.surroundings = surroundings
        var health = StorageHealth()
        health.quarantined = quarantined
        state = Monitor(State(health: health, covered: covered, previous: previous))
        thread = Monitor(nil)
        wants = Atomic(wantsCheckpoint)
        epochBits = Atomic(epoch)
    }

    func start() {
        watch()
        let running = BackgroundThread(name: "relay-keeper", niceness: 19) { [self] in run() }
        thread.withLock { $0 = running }
    }

    // MARK: From any thread

    /// The disk is past the mark where writes are refused.
    var isDiskFull: Bool { isFull.load(ordering: .relaxed) }
    var wantsCheckpoint: Bool { wants.load(ordering: .relaxed) }
    var epoch: UInt64 { epochBits.load(ordering: .relaxed) }

    func begin(_ contents: some CheckpointContents, at sequence: UInt64, isLast: Bool) -> Bool {
        state.change { state in
            guard state.job == nil, !state.isWriting, !state.isClosed else { return false }
            journal.checkpointBegins()
            let head = CheckpointHead(sequence: sequence, epoch: epoch, isClean: isLast, written: surroundings.clock())
            state.job = Job(
                contents: contents, head: head, uncoveredFrom: journal.bytesWritten.load(ordering: .relaxed))
            wants.store(false, ordering: .relaxed)
            return true
        }
    }

    func waitForCheckpoint() -> Bool {
        state.wait { $0.job == nil && !$0.isWriting ? $0.lastSucceeded : nil } ?? false
    }

    func close() {
        state.change { $0.isClosed = true }
        thread.withLock { $0.take() }?.join()
    }

    var health: StorageHealth {
        var health = state.withLock { $0.health }
        health.written = journal.written.load(ordering: .relaxed)
        health.durable = journal.durable.load(ordering: .relaxed)
        health.epoch = epoch
        health.syncs = journal.syncs.load(ordering: .relaxed)
        health.journalBytes = journal.bytesWritten.load(ordering: .relaxed)
        return health
    }

    // MARK: The keeper's thread

    private func run() {
        var lastDropped = MonotonicClock.now
        while true {
            let job = state.wait(upTo: options.watchInterval) { state -> Job?? in
                if let job = state.job {
                    state.job = nil
                    state.isWriting = true
                    return .some(job)
                }
                return state.isClosed ? .some(nil) : nil
            }
            switch job {
            case .some(.some(let job)): write(job)
            case .some(.none): return
            case .none:
                // Time alone makes history old, also where nothing is written any more.
                guard MonotonicClock.now - lastDropped > options.dropInterval.nanoseconds else { break }
                dropHistory()
                lastDropped = MonotonicClock.now
            }
            watch()
        }
    }

    private func write(_ job: Job) {
        let writer = CheckpointWriter(files: surroundings.files, directory: options.directory)
        let start = MonotonicClock.now
        let result: Result<CheckpointWriter.Outcome, FileError>
        do throws(FileError) {
            result = .success(try writer.writeAny(job.contents, head: job.head))
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let outcome):
            if options.durability != .none { helpUp(after: job.head.sequence) }
            let figures = CheckpointFigures(
                params: outcome.params, rejected: outcome.rejected, bytes: outcome.bytes,
                duration: .nanoseconds(MonotonicClock.now - start), sequence: job.head.sequence,
                finished: surroundings.clock())
            state.withLock { state in
                state.previous = state.covered
                state.covered = job.head.sequence
                state.uncoveredFrom = job.uncoveredFrom
                state.health.checkpoints += 1
                state.health.lastCheckpoint = figures
                state.checkpointError = nil
            }
            keepBase(job.head)
            dropHistory()
        case .failure(let error):
            journal.checkpointFailed(error)
            state.withLock { state in
                state.health.failedCheckpoints += 1
                state.checkpointError = error
            }
        }
        var succeeded = false
        if case .success = result { succeeded = true }
        state.change { state in
            state.isWriting = false
            state.lastSucceeded = succeeded
        }
    }

    /// A journal that was down goes on in a new epoch: signals between its failure and now are nowhere.
    private func helpUp(after sequence: UInt64) {
        let epoch = surroundings.newEpoch()
        if journal.reopen(epoch: epoch, after: sequence) { epochBits.store(epoch, ordering: .relaxed) }
    }

    // MARK: Watching

    private func watch() {
        let disk: Result<DiskSpace, FileError>
        do throws(FileError) {
            disk = .success(try surroundings.files.space(at: options.directory))
        } catch {
            disk = .failure(error)
        }
        let phase = options.durability == .none ? Journal.Phase.open : journal.phase
        let uncovered = journal.bytesWritten.load(ordering: .relaxed)
        let (isFull, wantsMore) = state.withLock { state in
            judge(&state, disk, phase, uncovered: uncovered &- state.uncoveredFrom)
        }
        let wasFull = self.isFull.exchange(isFull, ordering: .relaxed)
        if wantsMore { wants.store(true, ordering: .relaxed) }
        if wasFull != isFull || wantsMore { surroundings.wake() }
    }

    private func judge(
        _ state: inout State, _ disk: Result<DiskSpace, FileError>, _ phase: Journal.Phase, uncovered: UInt64
    ) -> (isFull: Bool, wantsCheckpoint: Bool) {
        var reasons: [String] = []
        var isFull = false
        if case .success(let space) = disk {
            state.health.disk = space
            let share = space.usedShare
            // A little less than the mark to come back, so that the mode does not flicker.
            isFull = share >= options.watermarks.readOnly - (isDiskFull ? 0.005 : 0)
            if share >= options.watermarks.degraded {
                reasons.append("the disk is \(Int(share * 100)) % full")
            }
        }
        var isDown = false
        switch phase {
        case .down(let error):
            isDown = true
            reasons.append("the journal has failed: \(error)")
        case .waiting:
            reasons.append("the journal waits for a checkpoint")
        case .opening:
            reasons.append("the journal is being opened")
        case .open, .closed: break
        }
        if let error = state.checkpointError { reasons.append("the last checkpoint has failed: \(error)") }
        if state.health.quarantined > 0 { reasons.append("\(state.health.quarantined) files are in quarantine") }
        state.health.reason = reasons.isEmpty ? nil : reasons.joined(separator: "; ")
        state.health.isDegraded = !reasons.isEmpty

        let isIdle = state.job == nil && !state.isWriting
        let mustRetry = isIdle && (isDown || state.checkpointError != nil) && !isFull && pauseIsOver(&state)
        if !isDown, state.checkpointError == nil { (state.attempts, state.pause) = (0, 0) }
        return (isFull, mustRetry || (isIdle && uncovered > options.maxUncoveredBytes))
    }

    /// Attempts after 1, 1, 2, 4 intervals and so on, at most 4 apart: a disk that was freed is noticed within 5 s.
    private func pauseIsOver(_ state: inout State) -> Bool {
        if state.pause > 0 {
            state.pause -= 1
            return false
        }
        state.pause = min(3, state.attempts)
        state.attempts += 1
        return true
    }

    // MARK: History

    private var bases: Bases { Bases(files: surroundings.files, directory: options.directory) }

    /// One checkpoint an hour stays as a place to begin from when somebody asks how things were. They are a convenience
    /// that must not fill a disk, so none is added past the first mark; one that cannot be kept is no failure.
    private func keepBase(_ head: CheckpointHead) {
        guard options.durability != .none else { return }
        let share = (try? surroundings.files.space(at: options.directory))?.usedShare ?? 0
        guard share < options.watermarks.degraded else { return }
        try? bases.keep(head)
    }

    /// Removes segments from the oldest on: those that both checkpoints cover, when they are too old or too many; and
    /// the bases that nothing follows any more.
    private func dropHistory() {
        let segments = journal.segments
        let (covered, previous) = state.withLock { ($0.covered, $0.previous) }
        let oldest = surroundings.clock() - options.historyAge.nanoseconds / 1_000
        let sizes = segments.map { segment in (try? surroundings.files.size(of: path(segment))) ?? nil ?? 0 }
        var total = sizes.reduce(0, +)
        var dropped: Set<UInt64> = []
        for index in segments.indices.dropLast() {
            let next = segments[index + 1]
            guard next.first <= min(covered, previous) &+ 1 else { break }
            guard next.created < oldest || total > options.historyBytes else { break }
            guard (try? surroundings.files.remove(path(segments[index]))) != nil else { break }
            total -= sizes[index]
            dropped.insert(segments[index].number)
        }
        if !dropped.isEmpty { journal.forget(dropped) }
        bases.drop(unlessFollowedBy: segments.filter { !dropped.contains($0.number) })
    }

    private func path(_ segment: SegmentInfo) -> String {
        "\(options.directory)/\(SegmentChain.directoryName)/\(segment.name)"
    }
}

extension CheckpointWriter {
    /// Opens the box around the contents, and drops it with them.
    fileprivate func writeAny(
        _ contents: some CheckpointContents, head: CheckpointHead
    ) throws(FileError) -> Outcome {
        var contents = contents
        return try write(&contents, head: head)
    }
}
