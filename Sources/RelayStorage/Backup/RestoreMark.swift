/// Names in a data directory that belong to backups and restores.
enum RestoreMark {
    /// There while files change places. A relay does not start then: what it finds would be half of two states.
    static let name = "restore-unfinished"

    static let scratchPrefix = "backup-scratch."
    static let incomingPrefix = "restoring."
    static let asidePrefix = "before-restore."

    static func isSideDirectory(_ name: String) -> Bool {
        name.hasPrefix(scratchPrefix) || name.hasPrefix(incomingPrefix) || name.hasPrefix(asidePrefix)
    }
}
