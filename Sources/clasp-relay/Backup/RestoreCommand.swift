import Glibc
import RelayStorage

/// `clasp-relay restore`: puts a backup in the place of a data directory.
enum RestoreCommand {
    private static let help = """
        usage: clasp-relay restore FILE [--data-dir DIR] [--identity FILE]

        Puts a backup in the place of a data directory that no relay uses. The backup is unpacked beside what is there,
        compared and opened first; what was there goes to before-restore.… inside the directory. The relay that starts
        then begins a new epoch, so that no client takes the history for the one that it knows.

        --data-dir DIR    the data directory (RELAY_DATA_DIR, else ./data)
        --identity FILE   the secret key, for a backup that age has encrypted; gpg finds its own

        Exit status: 0 done, 1 failed and nothing was changed, 64 wrong usage, 65 the backup is damaged, 66 it cannot be
        read, 75 a relay uses the directory.
        """

    /// - Returns: the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") { return TextOutput.say([help]) }
        _ = signal(SIGPIPE, SIG_IGN)
        guard let words = CommandWords(arguments, options: ["data-dir", "identity"]), words.words.count == 1 else {
            return TextOutput.complain([help], status: EX_USAGE)
        }
        let directory = words.dataDirectory
        let file = BackupFile(path: words.words[0], identity: words.value("identity"))
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
