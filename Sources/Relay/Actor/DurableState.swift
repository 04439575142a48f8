package import RelayLog
package import RelayStorage

/// The relay's side of the storage: when to hand over, when to write a checkpoint, what may be acknowledged.
package final class DurableState {
    private let storage: Storage
    private let interval: UInt64
    private let log: Log
    /// Uptime of the last time that records were handed over.
    private var handedOverAt: UInt64 = 0
    /// Uptime at which the next checkpoint is due, if something has changed by then.
    private var checkpointAt: UInt64
    private var covered: UInt64
    private var lastMode = StorageMode.writable
    private var isClosed = false
    /// The last record that was safe, and since when it has been that one while others waited.
    private var safe: UInt64 = 0
    private var waitingSince: UInt64?
    private var isLate = false
    /// Checkpoints, and failed ones, that the log has told of.
    private var told: (written: UInt64, failed: UInt64) = (0, 0)

    /// Microseconds for which records that nobody waits for may stay on the loop, and how many bytes of them: handing
    /// over wakes a thread, which costs several times what a record does, and little beside a hundred of them.
    private static let holdTime: UInt64 = 5_000
    private static let holdBytes = 16 << 10
    /// Microseconds after which work that does not get on counts as stalled.
    private static let patience: UInt64 = 5_000_000

    /// `interval`: microseconds between checkpoints.
    package init(_ storage: Storage, interval: UInt64, log: Log, uptime: UInt64) {
        self.storage = storage
        self.interval = interval
        self.log = log
        covered = storage.report.sequence
        checkpointAt = uptime + interval
    }

    var keepsJournal: Bool { storage.durability != .none }
    var confirmed: UInt64 { storage.confirmed }
    var committed: UInt64 { storage.committed }
    var isReadOnly: Bool { lastMode != .writable }

    func makeBatch() -> JournalBatch { storage.makeBatch() }

    /// Returns when to call again, at the latest, for what is still in the batch.
    func endTurn(_ batch: inout JournalBatch, at now: Moment, _ contents: (Moment) -> StateContents) -> UInt64? {
        guard !isClosed else { return nil }
        let isDue = now.uptime >= checkpointAt && batch.sequence != covered
        let checkpoints = isDue || storage.wantsCheckpoint
        if checkpoints || !mayWait(batch, at: now) {
            storage.submit(&batch)
            handedOverAt = now.uptime
        }
        noteMode()
        notePace(batch.sequence, at: now)
        isLate = isDue
        if checkpoints { beginCheckpoint(batch.sequence, at: now, contents) }
        return batch.isEmpty ? nil : handedOverAt + Self.holdTime
    }

    private func mayWait(_ batch: JournalBatch, at now: Moment) -> Bool {
        !batch.wantsWord && !batch.wantsSync && batch.byteCount < Self.holdBytes
            && now.uptime < handedOverAt + Self.holdTime
    }

    private func beginCheckpoint(_ sequence: UInt64, at now: Moment, _ contents: (Moment) -> StateContents) {
        guard storage.beginCheckpoint(contents(now), at: sequence) else { return }
        isLate = false
        covered = sequence
        checkpointAt = now.uptime + interval
    }

    private func notePace(_ submitted: UInt64, at now: Moment) {
        let confirmed = storage.confirmed
        if !keepsJournal || confirmed >= submitted {
            waitingSince = nil
        } else if confirmed != safe || waitingSince == nil {
            waitingSince = now.uptime
        }
        safe = confirmed
    }

    /// What goes on beside the loop, and whether it gets on.
    func jobs(at now: Moment) -> [JobStatus] {
        let checkpointsStall = checkpointAt + max(interval, Self.patience) < now.uptime && isLate
        return [
            JobStatus("journal", isStalled: isStalled(at: now)),
            JobStatus("checkpoint", isStalled: checkpointsStall),
        ]
    }

    private func isStalled(at now: Moment) -> Bool {
        waitingSince.map { $0 + Self.patience < now.uptime } ?? false
    }

    /// Tells the log of checkpoints since the last call.
    func sayCheckpoints() {
        let health = storage.health
        if health.checkpoints > told.written, let last = health.lastCheckpoint {
            log.info(
                "checkpoint written",
                [LogField("params", last.params), LogField("bytes", last.bytes), LogField("ms", last.duration)])
        }
        if health.failedCheckpoints > told.failed {
            log.error("checkpoint failed", [LogField("reason", health.reason ?? "unknown")])
        }
        told = (health.checkpoints, health.failedCheckpoints)
    }

    private func noteMode() {
        let mode = storage.mode
        guard mode != lastMode else { return }
        lastMode = mode
        switch mode {
        case .writable: log.info("the storage takes writes again")
        case .congested: log.warn("the disk does not keep up: writes are refused for a moment")
        case .readOnly:
            log.error(
                "the storage takes no writes", [LogField("reason", storage.health.reason ?? "the disk has failed")])
        }
    }

    /// Out of turn, before people are sent away.
    func checkpoint(_ batch: inout JournalBatch, _ contents: StateContents) {
        // What the checkpoint contains must not come behind it in the journal.
        storage.submit(&batch)
        guard batch.sequence != covered, storage.beginCheckpoint(contents, at: batch.sequence) else { return }
        covered = batch.sequence
    }

    /// The last checkpoint, and the end of the storage. Waits.
    func close(_ batch: inout JournalBatch, _ contents: StateContents) {
        guard !isClosed else { return }
        isClosed = true
        storage.submit(&batch)
        _ = storage.waitForCheckpoint()
        let isStarted = storage.beginCheckpoint(contents, at: batch.sequence, isLast: true)
        let isClean = isStarted && storage.waitForCheckpoint()
        sayCheckpoints()
        storage.close(isClean: isClean)
    }

    // MARK: The past

    var epoch: UInt64? { keepsJournal ? storage.epoch : nil }

    func replay(_ query: HistoryQuery, through position: UInt64) -> ReplayID? {
        // The answer waits for what is still here.
        handedOverAt = 0
        return storage.replay(query, through: position)
    }

    func takeSlices() -> [HistorySlice] { storage.takeSlices() }
    func continueReplay(_ id: ReplayID) { storage.continueReplay(id) }
    func cancelReplay(_ id: ReplayID) { storage.cancelReplay(id) }

    func status(submitted: UInt64, at now: Moment) -> StorageStatus {
        var status = StorageStatus(
            durability: storage.durability, health: storage.health, report: storage.report, submitted: submitted)
        status.isStalled = isStalled(at: now)
        return status
    }
}
