import Glibc
import RelayJSON
import RelayLog
import RelayStorage
import RelayThreads

/// `clasp-relay backup`: makes, lists and verifies backups.
enum BackupCommand {
    static let command = Command(
        "backup", ["--to DIR [OPTION]…", "list DIR [--json]", "verify FILE… [--identity FILE]"],
        "write a backup of the data directory, beside a running relay; list backups, verify them",
        flags: [
            Flag(
                name: "to", placeholder: "DIR", help: "where it goes; must not be inside the data directory",
                form: .directory),
            .setting("data-dir"),
            Flag(
                name: "recipient", placeholder: "KEY",
                help: "encrypts for a public key: with age if it is one of age (age1…) or SSH or a path to a file of "
                    + "them, else with gpg. Nothing lies in DIR unencrypted then [RELAY_BACKUP_RECIPIENT]"),
            Flag(name: "reason", placeholder: "WORD", help: "becomes part of the name"),
            Flag(name: "keep-days", placeholder: "N", help: "removes backups that are older, once the new one is made"),
            Flag(name: "keep", placeholder: "N", help: "removes all but the newest N that have the same reason"),
            identity,
            Flag(name: "json", help: "with list: as JSON"),
        ], notes: notes, call: run)

    static let identity = Flag(
        name: "identity", placeholder: "FILE",
        help: "the secret key, for backups that age has encrypted; gpg finds its own", form: .file)

    private static let notes = """
        The state is saved up to one record of the journal, every SQLite file as of one
        moment, and whatever else lies there. A backup is unpacked again, compared and
        opened before it counts.

        Exit status: 0 done, 1 failed and nothing was changed, 64 wrong use, 65 a
        backup is damaged.
        """

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        // A pipe whose reader has gone is an error like another.
        _ = signal(SIGPIPE, SIG_IGN)
        switch call.words.first {
        case nil: return make(call)
        case "list" where call.words.count == 2: return list(call.words[1], asJSON: call.has("json"))
        case "verify" where call.words.count >= 2:
            return verify(Array(call.words.dropFirst()), identity: call.value("identity"))
        default: return nil
        }
    }

    // MARK: Making

    private static func make(_ call: CommandCall) -> Int32? {
        guard let target = call.value("to") else { return nil }
        let reason = call.value("reason")
        let days = call.value("keep-days").map { Int64($0) }
        let count = call.value("keep").map { Int($0) }
        guard reason.map({ BackupCatalogue.isReason($0) }) ?? true,
            days.map({ (1...36_500).contains($0 ?? 0) }) ?? true,
            count.map({ (1...100_000).contains($0 ?? 0) }) ?? true
        else { return nil }
        do throws(BackupError) {
            try refuseNesting(target, in: call.setting("data-dir"))
            let recipient = call.value("recipient") ?? call.variable("RELAY_BACKUP_RECIPIENT")
            let name = try write(from: call.setting("data-dir"), to: target, recipient: recipient, reason: reason)
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
