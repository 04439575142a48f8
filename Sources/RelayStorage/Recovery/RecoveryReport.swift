/// What a start has found, for the log and for readiness.
package struct RecoveryReport: Sendable, Equatable {
    /// The last record that is part of the recovered state.
    package var sequence: UInt64 = 0
    /// The history goes on as if there had been no stop; otherwise a new epoch begins.
    package var isContinued = false
    /// The epoch of that history, as far as there was one.
    package var epoch: UInt64?
    /// The file that the params came from, if any.
    package var checkpoint: String?
    /// It was the reference's file, or one made by hand.
    package var isImport = false
    /// Records of the journal that were applied on top.
    package var replayed = 0
    /// Whether the journal ended inside a record, as it may after a crash.
    package var isTorn = false
    /// What did not add up. All of it is in `quarantine/`.
    package var findings: [Finding] = []
    /// Files in `quarantine/`, from this start and earlier ones.
    package var quarantined = 0

    /// The files as they are tell less than the memory does: write a checkpoint before anybody is served.
    package var wantsCheckpointFirst: Bool { isImport || !findings.isEmpty }
}
