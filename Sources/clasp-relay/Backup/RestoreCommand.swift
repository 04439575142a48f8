import Glibc
import RelayStorage

/// `clasp-relay restore`: puts a backup in the place of a data directory.
enum RestoreCommand {
    static let command = Command(
        "restore", ["FILE [OPTION]…"], "put a backup in place of a data directory",
        flags: [.setting("data-dir"), BackupCommand.identity], notes: notes, call: run)

    private static let notes = """
        No relay may use the directory. The backup is unpacked beside what is there,
        compared and opened first; what was there goes to before-restore.… inside the
        directory. The relay that starts then begins a new epoch, so that no client
        takes the history for the one that it knows.

        Exit status: 0 done, 1 failed and nothing was changed, 64 wrong use, 65 the
        backup is damaged, 66 it cannot be read, 75 a relay uses the directory.
        """

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        _ = signal(SIGPIPE, SIG_IGN)
        guard let path = call.words.first, call.words.count == 1 else { return nil }
        let directory = call.setting("data-dir")
        let file = BackupFile(path: path, identity: call.value("identity"))
        do throws(BackupError) {
            let report = try Restore(into: directory).run { take throws(BackupError) in try file.read(take) }
            var lines = ["\(directory): \(report.params) params up to record \(report.manifest.sequence)"]
            if let aside = report.aside { lines.append("what was there is in \(aside)") }
            return TextOutput.say(lines)
        } catch {
            return TextOutput.complain(
                ["clasp-relay restore: \(error)", "nothing was changed"], status: status(of: error))
        }
    }

    private static func status(of error: BackupError) -> Int32 {
        switch error {
        case .damaged: EX_DATAERR
        case .refused(.inUse): EX_TEMPFAIL
        case .failed(let error) where error.code == FileError.missing: EX_NOINPUT
        default: EXIT_FAILURE
        }
    }
}
