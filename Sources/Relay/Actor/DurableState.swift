package import RelayLog
package import RelayStorage

/// The relay's side of the storage: when to hand over, when to write a checkpoint, what may be acknowledged.
package final class DurableState {
    private let storage: Storage
    private let interval: UInt64
    private let log: Log
    /// Uptime at which the next checkpoint is due, if something has changed by then.
    private var checkpointAt: UInt64
    private var covered: UInt64
    private var lastMode = StorageMode.writable
    private var isClosed = false

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

    func endTurn(_ batch: inout JournalBatch, at now: Moment, _ contents: (Moment) -> StateContents) {
        guard !isClosed else { return }
        storage.submit(&batch)
        noteMode()
        let isDue = now.uptime >= checkpointAt && batch.sequence != covered
        guard isDue || storage.wantsCheckpoint else { return }
        guard storage.beginCheckpoint(contents(now), at: batch.sequence) else { return }
        covered = batch.sequence
        checkpointAt = now.uptime + interval
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
        storage.close(isClean: isStarted && storage.waitForCheckpoint())
    }

    // MARK: The past

    var epoch: UInt64? { keepsJournal ? storage.epoch : nil }

    func replay(_ query: HistoryQuery, through position: UInt64) -> ReplayID? {
        storage.replay(query, through: position)
    }

    func takeSlices() -> [HistorySlice] { storage.takeSlices() }
    func continueReplay(_ id: ReplayID) { storage.continueReplay(id) }
    func cancelReplay(_ id: ReplayID) { storage.cancelReplay(id) }

    func status(submitted: UInt64) -> StorageStatus {
        StorageStatus(
            durability: storage.durability, health: storage.health, report: storage.report, submitted: submitted)
    }
}
