/// What an acknowledgement promises (docs/architecture.md, "What is kept, and when").
package enum Durability: String, Sendable, CaseIterable {
    /// Checkpoints only. Nothing can be promised, so nothing is acknowledged.
    case none
    /// The record is in the journal file: it survives the death of the process.
    case journal
    /// The record is on the disk: it survives a power cut.
    case fsync
}
