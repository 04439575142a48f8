/// What the loop must know before it lets anybody write.
package enum StorageMode: UInt8, Sendable, CaseIterable {
    case writable
    /// The disk does not keep up: refuse writes for a moment.
    case congested
    /// The disk is full or has failed: refuse writes; reading and signals go on.
    case readOnly
}

/// For readiness, metrics and the log.
package struct StorageHealth: Sendable, Equatable {
    package var mode = StorageMode.writable
    /// Why it is not writable, or what worries, as a sentence.
    package var reason: String?
    /// Something deserves a person's attention: the disk fills up, or files are in quarantine.
    package var isDegraded = false
    package var disk: DiskSpace?
    package var quarantined = 0
    package var written: UInt64 = 0
    package var durable: UInt64 = 0
    package var epoch: UInt64 = 0
    package var syncs: UInt64 = 0
    package var journalBytes: UInt64 = 0
    package var checkpoints: UInt64 = 0
    package var failedCheckpoints: UInt64 = 0
    package var lastCheckpoint: CheckpointFigures?
}

package struct CheckpointFigures: Sendable, Equatable {
    package var params: Int
    /// Params that could not be written because their value was none.
    package var rejected: Int
    package var bytes: Int
    package var duration: Duration
    package var sequence: UInt64
    /// Microseconds since 1970.
    package var finished: Int64
}
