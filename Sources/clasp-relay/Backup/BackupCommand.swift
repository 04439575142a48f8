import Glibc
import RelayJSON
import RelayLog
import RelayStorage
import RelayThreads

/// `clasp-relay backup`: makes, lists and verifies backups.
enum BackupCommand {
    private static let help = """
        usage: clasp-relay backup --to DIR [--data-dir DIR] [--recipient KEY] [--reason WORD]
                                  [--keep-days N] [--keep N]
               clasp-relay backup list DIR [--json]
               clasp-relay backup verify FILE… [--identity FILE]

        Makes a backup of the data directory, also while a relay is at work in it: the state up to one record of the
        journal, every SQLite file as of one moment, and whatever else lies there. It is unpacked again, compared and
        opened before it counts.

        --to DIR          where it goes; must not be inside the data directory
        --data-dir DIR    the data directory (RELAY_DATA_DIR, else ./data)
        --recipient KEY   encrypts for a public key (RELAY_BACKUP_RECIPIENT): with age if it is one of age (age1…) or
                          SSH or a path to a file of them, else with gpg. Nothing lies in DIR unencrypted then
        --reason WORD     becomes part of the name
        --keep-days N     removes backups that are older, once the new one is made
        --keep N          removes all but the newest N that have the same reason
        --identity FILE   the secret key, for backups that age has encrypted

        Exit status: 0 done, 1 failed and nothing was changed, 64 wrong usage, 65 a backup is damaged.
        """

    /// - Returns: the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") { return TextOutput.say([help]) }
        // A pipe whose reader has gone is an error like another.
        _ = signal(SIGPIPE, SIG_IGN)
        let options: Set = ["to", "data-dir", "recipient", "reason", "keep-days", "keep", "identity"]
        guard let words = CommandWords(arguments, options: options, flags: ["json"]) else { return misused() }
        switch words.words.first {
        case nil: return make(words)
        case "list" where words.words.count == 2: return list(words.words[1], asJSON: words.has("json"))
        case "verify" where words.words.count >= 2:
            return verify(Array(words.words.dropFirst()), identity: words.value("identity"))
        default: return misused()
        }
    }

    private static func misused() -> Int32 { TextOutput.complain([help], status: EX_USAGE) }

    // MARK: Making

    private static func make(_ words: CommandWords) -> Int32 {
        guard let target = words.value("to") else { return misused() }
        let reason = words.value("reason")
        let days = words.value("keep-days").map { Int64($0) }
        let count = words.value("keep").map { Int($0) }
        guard reason.map({ BackupCatalogue.isReason($0) }) ?? true,
            days.map({ (1...36_500).contains($0 ?? 0) }) ?? true,
            count.map({ (1...100_000).contains($0 ?? 0) }) ?? true
        else { return misused() }
        do throws(BackupError) {
            try refuseNesting(target, in: words.dataDirectory)
            let recipient = words.value("recipient") ?? environment("RELAY_BACKUP_RECIPIENT")
            let name = try write(from: words.dataDirectory, to: target, recipient: recipient, reason: reason)
            let catalogue = BackupCatalogue(in: target)
            do throws(FileError) {
                _ = try catalogue.prune(after: name, days: days ?? nil, count: count ?? nil, reason: reason)
            } catch {
                throw .failed(error)
            }
            return EXIT_SUCCESS
        } catch {
            return TextOutput.complain(["clasp-relay backup: \(error)"], status: EXIT_FAILURE)
        }
    }

    private static func write(
        from directory: String, to target: String, recipient: String?, reason: String?
    ) throws(BackupError) -> String {
        let disk = LinuxFileSystem()
        let encryption = Encryption(for: recipient)
        let name: String
        let file: OpenFile
        do throws(FileError) {
            name = try BackupCatalogue(in: target).newName(at: WallClock.now, reason: reason, encryption)
            file = try disk.open("\(target)/\(name)\(BackupCatalogue.partialEnding)", .new)
        } catch {
            throw .failed(error)
        }
        do throws(BackupError) {
            defer { disk.close(file) }
            let report: Backup.Report
            if let recipient {
                report = try encrypted(directory, to: file, encryption.encrypting(for: recipient))
            } else {
                report = try plain(directory, to: file)
            }
            do throws(FileError) {
                try disk.sync(file, dataOnly: false)
                try disk.rename(file.path, to: "\(target)/\(name)")
                try disk.syncDirectory(target)
            } catch {
                throw .failed(error)
            }
            _ = TextOutput.say(
                [
                    "\(target)/\(name): \(report.params) params up to record \(report.manifest.sequence), "
                        + "\(report.manifest.files.count) files"
                ])
            return name
        } catch {
            try? disk.remove(file.path)
            throw error
        }
    }

    /// What is compared is the file, read again.
    private static func plain(_ directory: String, to file: OpenFile) throws(BackupError) -> Backup.Report {
        let disk = LinuxFileSystem()
        return try Backup(of: directory).write(
            to: { piece throws(BackupError) in
                var rest = piece[...]
                do throws(FileError) {
                    while !rest.isEmpty { rest = rest.dropFirst(try disk.write(file, rest)) }
                } catch {
                    throw .failed(error)
                }
            },
            reread: { take throws(BackupError) in
                try BackupFile(path: file.path, identity: nil).read(take)
            })
    }

    /// What is compared is what went into the encryption: the secret key is elsewhere.
    private static func encrypted(
        _ directory: String, to file: OpenFile, _ words: [String]
    ) throws(BackupError) -> Backup.Report {
        let filter = try Filter(words, file: file.descriptor, readsFile: false)
        let report: Backup.Report
        do throws(BackupError) {
            report = try Backup(of: directory).write(to: { piece throws(BackupError) in try filter.write(piece) })
        } catch {
            filter.abandon()
            throw error
        }
        try filter.finish()
        return report
    }

    /// A backup inside of what it saves would be saved by the next one.
    private static func refuseNesting(_ target: String, in directory: String) throws(BackupError) {
        guard let data = absolute(directory) else { return }
        var parent = target
        while absolute(parent) == nil, let slash = parent.lastIndex(of: "/") { parent = String(parent[..<slash]) }
        let place = absolute(parent.isEmpty ? "/" : parent) ?? ""
        if place == data || place.hasPrefix(data + "/") {
            throw .cipher("\(target) is inside the data directory")
        }
    }

    private static func absolute(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    // MARK: Listing and verifying

    private static func list(_ directory: String, asJSON: Bool) -> Int32 {
        let entries: [BackupCatalogue.Entry]
        do throws(FileError) {
            entries = try BackupCatalogue(in: directory).entries()
        } catch {
            return TextOutput.complain(["clasp-relay backup: \(error)"], status: EX_NOINPUT)
        }
        if asJSON {
            let list = entries.map { entry -> JSONValue in
                [
                    "name": .string(entry.name), "created": .string(Timestamp.text(of: entry.created)),
                    "bytes": .int(entry.bytes), "reason": entry.reason.map { .string($0) } ?? .null,
                    "encryption": .string(entry.encryption.word),
                ]
            }
            return TextOutput.say([String(decoding: JSONValue.array(list).encoded(), as: UTF8.self)])
        }
        return TextOutput.say(
            entries.map { entry in
                let size = String(entry.bytes)
                let columns = [
                    String(Timestamp.text(of: entry.created).prefix(19)) + "Z",
                    String(repeating: " ", count: max(0, 14 - size.count)) + size, entry.encryption.word,
                    entry.reason ?? "-", entry.name,
                ]
                return columns.joined(separator: "  ")
            })
    }

    private static func verify(_ files: [String], identity: String?) -> Int32 {
        var status = EXIT_SUCCESS
        for path in files {
            do throws(BackupError) {
                var reader = ArchiveReader(into: nil)
                try BackupFile(path: path, identity: identity).read { piece throws(BackupError) in
                    try reader.take(piece)
                }
                let manifest = try reader.finish()
                _ = TextOutput.say(
                    ["\(path): whole, \(manifest.files.count) files up to record \(manifest.sequence)"])
            } catch {
                let code = if case .damaged = error { EX_DATAERR } else { EXIT_FAILURE }
                status = TextOutput.complain(["\(path): \(error)"], status: max(status, code))
            }
        }
        return status
    }
}

extension Encryption {
    fileprivate var word: String { self == .none ? "none" : String(rawValue.dropFirst()) }
}
