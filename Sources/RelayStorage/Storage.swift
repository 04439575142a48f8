internal import CLinux
internal import RelayThreads
internal import Synchronization

/// A data directory in use: the state of earlier runs at the start, the journal and the checkpoints from then on.
///
/// The loop thread calls `submit`, `beginCheckpoint` and the properties; none of them waits. Three threads work
/// behind it: one for the journal, one (`Keeper`, at the lowest priority) for checkpoints and the disk, and one
/// (`Replays`) that reads the past for those who ask.
package final class Storage: Sendable {
    package let report: RecoveryReport
    package let durability: Durability

    private let journal: Journal
    private let keeper: Keeper
    private let replays: Replays
    private let lease: Lease
    private let surroundings: StorageSurroundings
    private let directory: String

    /// Takes the directory, recovers its state into the sink and starts the threads. Nothing that holds state is changed
    /// before the verdict on all of it; a refusal leaves everything as it was.
    package static func open(
        _ options: StorageOptions, _ surroundings: StorageSurroundings, into sink: inout some RecoverySink
    ) throws(StorageError) -> Storage {
        let isHalfRestored: Bool
        do throws(FileError) {
            try Self.makeDirectory(options.directory, surroundings.files)
            isHalfRestored = try surroundings.files.exists("\(options.directory)/\(RestoreMark.name)")
        } catch {
            throw .failed(error)
        }
        if isHalfRestored {
            throw .refused(
                [Finding(RestoreMark.name, "a restore was interrupted")], advice: "Run clasp-relay restore again.")
        }
        let lease = try Lease.take(on: options.directory, surroundings.files)
        do throws(StorageError) {
            return try Storage(options, surroundings, lease, into: &sink)
        } catch {
            lease.drop()
            throw error
        }
    }

    /// Makes it with an entry that a power cut does not take.
    private static func makeDirectory(_ path: String, _ files: any FileSystem) throws(FileError) {
        guard try !files.exists(path) else { return }
        try files.makeDirectory(path)
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        // Somebody who may not look into it cannot sync it either.
        try? files.syncDirectory(parent)
    }

    private init<Sink: RecoverySink>(
        _ options: StorageOptions, _ surroundings: StorageSurroundings, _ lease: Lease, into sink: inout Sink
    ) throws(StorageError) {
        var recovery = Recovery<Sink>(
            files: surroundings.files, directory: options.directory, mode: options.recovery,
            leaseWasReturned: lease.wasReturned, now: surroundings.clock())
        try recovery.read(into: &sink)
        do throws(FileError) {
            if options.durability != .none {
                try Self.makeDirectory("\(options.directory)/\(SegmentChain.directoryName)", surroundings.files)
            }
            try lease.mark(options.directory)
            try recovery.makeSafe()
            try recovery.setAside()
        } catch {
            throw .failed(error)
        }
        var report = recovery.report
        // Without a journal nobody can say what happened after the last checkpoint.
        report.isContinued = report.isContinued && options.durability != .none
        let epoch = report.isContinued ? report.epoch ?? surroundings.newEpoch() : surroundings.newEpoch()
        report.epoch = epoch

        self.report = report
        self.lease = lease
        self.surroundings = surroundings
        directory = options.directory
        durability = options.durability
        journal = Journal(after: report.sequence, recovery.chain, options, surroundings)
        keeper = Keeper(
            journal, options, surroundings, epoch: epoch, covered: recovery.coveredSequence,
            previous: recovery.previousSequence, quarantined: report.quarantined,
            wantsCheckpoint: report.wantsCheckpointFirst || report.replayed > 0)
        replays = Replays(journal, options, surroundings)
        if durability != .none {
            journal.start(epoch: epoch)
            replays.start()
        }
        keeper.start()
    }

    // MARK: On the loop thread

    /// The batch that the hub fills from now on; there is one.
    package func makeBatch() -> JournalBatch { JournalBatch(after: report.sequence) }

    /// Hands the records over and empties the batch.
    package func submit(_ batch: inout JournalBatch) {
        guard !batch.isEmpty else { return }
        if durability == .none {
            batch.clear()
        } else {
            if durability == .fsync { batch.commit() }
            journal.submit(&batch)
        }
    }

    /// Whatever is not above it may be acknowledged to QoS confirm.
    package var confirmed: UInt64 {
        switch durability {
        case .none: 0
        case .journal: journal.written.load(ordering: .acquiring)
        case .fsync: journal.durable.load(ordering: .acquiring)
        }
    }

    /// Whatever is not above it may be acknowledged to QoS commit.
    package var committed: UInt64 { durability == .none ? 0 : journal.durable.load(ordering: .acquiring) }

    /// A few loads; to be looked at before a write is accepted.
    package var mode: StorageMode {
        if keeper.isDiskFull { return .readOnly }
        if durability == .none { return .writable }
        if !journal.isOpen { return .readOnly }
        return journal.isCongested ? .congested : .writable
    }

    /// The history that sequence numbers count in. It changes while running only after a failure of the disk.
    package var epoch: UInt64 { keeper.epoch }

    /// A checkpoint is asked for out of turn: much journal, or a journal that is down and needs one to come back.
    package var wantsCheckpoint: Bool { keeper.wantsCheckpoint }

    /// Starts a checkpoint of the state as it is right now, after `submit`: `sequence` is the batch's. False when one is
    /// being written already. `isLast`: nothing will follow, the relay is stopping.
    package func beginCheckpoint(
        _ contents: some CheckpointContents, at sequence: UInt64, isLast: Bool = false
    ) -> Bool {
        keeper.begin(contents, at: sequence, isLast: isLast)
    }

    /// The oldest position that a query can begin at, for the loop to tell.
    package var oldestPosition: UInt64 { journal.segments.first?.first ?? .max }

    /// Begins to answer a query about everything up to `position`, which is the batch's: what comes later is heard live.
    /// The first slice is on its way. Nil when too many are being answered, or nothing is kept (`--durability=none`).
    package func replay(_ query: HistoryQuery, through position: UInt64) -> ReplayID? {
        durability == .none ? nil : replays.ask(query, through: position, epoch: epoch)
    }

    /// The slices that have been read since the last call; the storage has called `wake` for them. One load when there
    /// are none.
    package func takeSlices() -> [HistorySlice] { replays.take() }

    /// Asks for the next slice, when the last one has been passed on.
    package func continueReplay(_ id: ReplayID) { replays.goOn(id) }

    /// Nobody wants the rest any more. Not needed behind a slice that has an end.
    package func cancelReplay(_ id: ReplayID) { replays.cancel(id) }

    // MARK: Elsewhere

    /// Waits for the checkpoint in progress; true when the newest attempt has succeeded. Not on the loop while it serves.
    package func waitForCheckpoint() -> Bool { keeper.waitForCheckpoint() }

    package var health: StorageHealth {
        var health = keeper.health
        health.mode = mode
        return health
    }

    /// Ends both threads. Call it after the last checkpoint was waited for; `isClean` says that it succeeded and that
    /// nothing came after it, so that the next start can go on in the same epoch.
    package func close(isClean: Bool) {
        if durability != .none {
            replays.close()
            journal.close()
        }
        keeper.close()
        if isClean, (try? lease.giveBack()) != nil { return }
        lease.drop()
    }

    /// The records that are still kept, oldest first. Reads the disk: on a thread that may wait; the loop has `replay`.
    package func history(after sequence: UInt64 = 0) -> JournalHistory {
        JournalHistory(files: surroundings.files, directory: directory, segments: journal.segments, after: sequence)
    }
}

extension StorageSurroundings {
    /// The machine as it is.
    package static func real(wake: @escaping @Sendable () -> Void) -> StorageSurroundings {
        StorageSurroundings(
            files: LinuxFileSystem(), clock: { WallClock.now }, newEpoch: { max(1, clinux_random_word()) }, wake: wake)
    }
}
