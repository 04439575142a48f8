/// How the room is to behave; the defaults are those of the product.
package struct StorageOptions: Sendable {
    package var directory: String
    package var durability = Durability.journal
    package var recovery = RecoveryMode.lastGood
    /// The longest time that a written record stays unsynced.
    package var syncInterval = Duration.milliseconds(100)
    /// Journal that checkpoints cover is kept for those who come back and ask: that long, and that much.
    package var historyAge = Duration.seconds(24 * 3_600)
    package var historyBytes: Int64 = 256 << 20
    /// How often history is looked through for what is too old; each checkpoint does it, too.
    package var dropInterval = Duration.seconds(60)
    /// How many may wait for answers about the past at the same time: everybody at once, when all come back. Each costs
    /// little until it is its turn, and what is read for it goes to a queue that is bounded by itself.
    package var maxReplays = 10_000
    /// More journal than this without a checkpoint, and one is asked for.
    package var maxUncoveredBytes: UInt64 = 128 << 20
    package var segmentBytes = 16 << 20
    /// What may wait for the disk. Beyond it the storage is congested, at twice as much it gives up.
    package var maxBacklogBytes = 64 << 20
    package var watermarks = DiskWatermarks()
    /// How often the disk is looked at, and how soon a failed journal is helped up again.
    package var watchInterval = Duration.seconds(1)

    package init(directory: String) { self.directory = directory }
}

/// Shares of the disk, 0…1.
package struct DiskWatermarks: Sendable, Equatable {
    package var degraded = 0.80
    package var readOnly = 0.95

    package init(degraded: Double = 0.80, readOnly: Double = 0.95) {
        self.degraded = degraded
        self.readOnly = readOnly
    }
}

/// What is done about files that do not add up (`--recover`).
package enum RecoveryMode: String, Sendable, CaseIterable {
    /// Refuse to start, and touch nothing.
    case strict
    /// Start with the newest state that is whole, and set the rest aside.
    case lastGood = "last-good"
    /// Start with everything that can still be read.
    case salvage
}

/// What the room needs from its surroundings, so that tests can bring their own.
package struct StorageSurroundings: Sendable {
    package var files: any FileSystem
    /// Microseconds since 1970.
    package var clock: @Sendable () -> Int64
    /// A number that no earlier history had.
    package var newEpoch: @Sendable () -> UInt64
    /// Called on threads of the storage after progress or a change of mode: wakes the loop.
    package var wake: @Sendable () -> Void

    package init(
        files: any FileSystem, clock: @escaping @Sendable () -> Int64, newEpoch: @escaping @Sendable () -> UInt64,
        wake: @escaping @Sendable () -> Void
    ) {
        self.files = files
        self.clock = clock
        self.newEpoch = newEpoch
        self.wake = wake
    }
}

/// Why the storage does not open.
package enum StorageError: Error, Equatable, CustomStringConvertible {
    case inUse(directory: String, process: Int32?)
    case refused([Finding], advice: String)
    case failed(FileError)

    package var description: String {
        switch self {
        case .inUse(let directory, let process):
            "the data directory \(directory) is in use by " + (process.map { "process \($0)" } ?? "another process")
        case .refused(let findings, let advice):
            findings.map(\.description).joined(separator: "; ") + ". Nothing was changed. " + advice
        case .failed(let error):
            error.description
        }
    }
}

/// Something in the data directory that is not as it should be.
package struct Finding: Sendable, Equatable, CustomStringConvertible {
    /// Relative to the data directory.
    package let file: String
    package let reason: String

    package init(_ file: String, _ reason: String) {
        self.file = file
        self.reason = reason
    }

    package var description: String { "\(file): \(reason)" }
}
