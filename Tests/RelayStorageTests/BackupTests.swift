import CSQLite
import RelayStorage
import RelayTestKit
import RelayThreads
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A storage on the real disk with a thread that goes on writing, and the state after each record.
private final class BusyStorage: Sendable {
    struct State {
        var models: [Model] = [Model()]
        var stops = false
    }

    let storage: Storage
    let state = Monitor(State())
    private let writer: Monitor<BackgroundThread?>

    init(_ directory: String) throws(StorageError) {
        var options = StorageOptions(directory: directory)
        options.segmentBytes = 20_000
        var model = Model()
        let storage = try Storage.open(options, .real(wake: {}), into: &model)
        self.storage = storage
        let state = state
        writer = Monitor(nil)
        let thread = BackgroundThread(name: "test-writer") {
            var batch = storage.makeBatch()
            var random = SeededRandom(seed: 5)
            var model = Model()
            while true {
                let entry = random.entry()
                batch.add(entry)
                model.apply(entry)
                storage.submit(&batch)
                let isOver = state.change { state in
                    state.models.append(model)
                    return state.stops
                }
                if batch.sequence % 400 == 0 {
                    _ = storage.beginCheckpoint(ModelContents(model), at: batch.sequence)
                }
                if isOver { return }
                _ = Monitor(()).wait(upTo: .milliseconds(1)) { _ in nil as Void? }
            }
        }
        writer.withLock { $0 = thread }
    }

    /// Until so many are confirmed; the writer's next record is the occasion to look again.
    func waitForRecords(_ count: Int) { state.wait { _ in storage.confirmed >= UInt64(count) ? () : nil } }

    func stop() {
        state.change { $0.stops = true }
        writer.withLock { $0.take() }?.join()
        storage.close(isClean: false)
    }
}

/// Keeps what a backup streams.
private final class Collected {
    var bytes: [UInt8] = []
}

private func backUp(_ directory: String) throws -> (archive: [UInt8], report: Backup.Report) {
    let collected = Collected()
    let report = try Backup(of: directory).write(to: { piece in collected.bytes += piece })
    return (collected.bytes, report)
}

private func restore(_ archive: [UInt8], into directory: String) throws(BackupError) -> Restore.Report {
    try Restore(into: directory).run { take throws(BackupError) in
        for start in stride(from: 0, to: archive.count, by: 10_000) {
            try take(Array(archive[start..<min(start + 10_000, archive.count)]))
        }
    }
}

private func open(_ directory: String) throws -> (model: Model, report: RecoveryReport) {
    var model = Model()
    let storage = try Storage.open(StorageOptions(directory: directory), .real(wake: {}), into: &model)
    storage.close(isClean: false)
    return (model, storage.report)
}

private func everyFile(below path: String) throws -> [String: [UInt8]] {
    let disk = LinuxFileSystem()
    var files: [String: [UInt8]] = [:]
    for name in try disk.names(in: path) {
        if try disk.kind(of: "\(path)/\(name)") == .directory {
            for (inner, content) in try everyFile(below: "\(path)/\(name)") { files["\(name)/\(inner)"] = content }
        } else {
            let file = try disk.open("\(path)/\(name)", .read)
            defer { disk.close(file) }
            var content: [UInt8] = []
            while try disk.read(file, upTo: 1 << 20, into: &content) > 0 {}
            files[name] = content
        }
    }
    return files
}

private func write(_ content: [UInt8], to path: String) throws {
    let disk = LinuxFileSystem()
    let file = try disk.open(path, .truncated)
    defer { disk.close(file) }
    _ = try disk.write(file, content[...])
}

@safe private final class Accounts {
    private let handle: OpaquePointer?

    init(_ path: String) {
        var opened: OpaquePointer?
        unsafe sqlite3_open(path, &opened)
        unsafe handle = opened
    }

    deinit { unsafe _ = sqlite3_close_v2(handle) }

    func run(_ sql: String) -> Bool { unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK }

    func number(_ sql: String) -> Int? {
        var statement: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { return nil }
        defer { unsafe _ = sqlite3_finalize(statement) }
        return unsafe sqlite3_step(statement) == SQLITE_ROW ? Int(sqlite3_column_int64(statement, 0)) : nil
    }
}

@Suite struct `A backup` {
    @Test func `made while the relay writes is one moment of it, restored to the last byte`() throws {
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        let busy = try BusyStorage(data)
        let accounts = Accounts(data + "/users.db")
        #expect(accounts.run("PRAGMA journal_mode = WAL; CREATE TABLE users (name); INSERT INTO users VALUES ('a')"))
        try LinuxFileSystem().makeDirectory(data + "/keys")
        try write(bytes("secret"), to: data + "/keys/signing.key")
        try write(bytes("[]"), to: data + "/limits.json")
        for round in 1...4 {
            busy.waitForRecords(round * 500)
            // An open transaction of another is no part of the moment.
            #expect(accounts.run("INSERT INTO users VALUES ('\(round)'); BEGIN; INSERT INTO users VALUES ('open')"))
            let (archive, report) = try backUp(data)
            #expect(accounts.run("ROLLBACK"))
            let target = "\(place.path)/restored.\(round)"
            let restored = try restore(archive, into: target)
            #expect(restored.manifest == report.manifest)
            #expect(restored.aside == nil)
            let (model, recovery) = try open(target)
            #expect(recovery.sequence == report.manifest.sequence)
            #expect(recovery.findings.isEmpty)
            #expect(recovery.sequence >= UInt64(round * 500), "what was confirmed before the backup is in it")
            #expect(model == busy.state.withLock { $0.models[Int(recovery.sequence)] })
            #expect(model.params.count == report.params)
            let copy = Accounts(target + "/users.db")
            #expect(copy.number("SELECT count(*) FROM users") == round + 1)
            let files = try everyFile(below: target)
            #expect(files["keys/signing.key"] == bytes("secret"))
            #expect(files["limits.json"] == bytes("[]"))
        }
        busy.stop()
        #expect(try LinuxFileSystem().names(in: data).filter { $0.hasPrefix("backup") }.isEmpty)
    }

    @Test func `begins a new epoch where it is restored, also one of an orderly stop`() throws {
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        var model = Model()
        var random = SeededRandom(seed: 3)
        let storage = try Storage.open(StorageOptions(directory: data), .real(wake: {}), into: &model)
        var batch = storage.makeBatch()
        for _ in 0..<50 {
            let entry = random.entry()
            batch.add(entry)
            model.apply(entry)
        }
        storage.submit(&batch)
        #expect(storage.beginCheckpoint(ModelContents(model), at: batch.sequence, isLast: true))
        #expect(storage.waitForCheckpoint())
        storage.close(isClean: true)
        let (archive, _) = try backUp(data)
        _ = try restore(archive, into: place.path + "/other")
        let (restored, report) = try open(place.path + "/other")
        #expect(restored == model)
        #expect(!report.isContinued)
        #expect(report.epoch != storage.epoch)
        #expect(try open(data).report.isContinued)
    }

    @Test func `refuses a live directory, and keeps what was there`() throws {
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        let busy = try BusyStorage(data)
        busy.waitForRecords(200)
        let (archive, report) = try backUp(data)
        let refusal = #expect(throws: BackupError.self) { try restore(archive, into: data) }
        guard case .refused(.inUse(_, .some)) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        busy.stop()
        let before = try everyFile(below: data)
        let restored = try restore(archive, into: data)
        let aside = try #require(restored.aside)
        var kept = try everyFile(below: aside)
        kept["lease"] = before["lease"]
        #expect(kept == before)
        #expect(try open(data).report.sequence == report.manifest.sequence)
        // What was set aside is no part of the next backup.
        let again = try backUp(data).report.manifest
        #expect(!again.files.contains { $0.name.contains("before-restore") })
    }

    @Test func `changes nothing when it is damaged`() throws {
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        let busy = try BusyStorage(data)
        busy.waitForRecords(300)
        busy.stop()
        let (archive, _) = try backUp(data)
        let before = try everyFile(below: data)
        var random = SeededRandom(seed: 1)
        var noticed = 0
        for round in 0..<120 {
            var damaged = archive
            if round % 2 == 0 {
                damaged = Array(archive.prefix(random.below(archive.count)))
            } else {
                damaged[10 + random.below(archive.count - 10)] ^= 1 << UInt8(random.below(8))
            }
            let error = #expect(throws: BackupError.self) { try restore(damaged, into: data) }
            if case .damaged = error { noticed += 1 }
        }
        #expect(noticed == 120)
        #expect(try everyFile(below: data) == before)
    }

    @Test func `that was interrupted while files change places keeps a relay from starting`() throws {
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        let busy = try BusyStorage(data)
        busy.waitForRecords(100)
        busy.stop()
        let (archive, report) = try backUp(data)
        try write([], to: data + "/restore-unfinished")
        let refusal = #expect(throws: StorageError.self) { try open(data) as Any }
        #expect(refusal?.description.contains("restore again") == true)
        _ = try restore(archive, into: data)
        #expect(try open(data).report.sequence == report.manifest.sequence)
    }

    @Test func `does not unpack outside of its directory`() throws {
        // A name that climbs, in an archive that is otherwise right.
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        try LinuxFileSystem().makeDirectory(data)
        try write(bytes("x"), to: data + "/aa")
        let tar = try RelayProcess(
            ["-czf", place.path + "/evil.tar.gz", "--transform", "s,aa,../aa,", "-C", data, "-P", "aa"],
            program: "/usr/bin/tar")
        #expect(try tar.finish().status == 0)
        let archive = try #require(try everyFile(below: place.path)["evil.tar.gz"])
        let error = #expect(throws: BackupError.self) { try restore(archive, into: place.path + "/target") }
        #expect(error == .damaged("it contains what no backup does"))
        #expect(try LinuxFileSystem().kind(of: place.path + "/aa") == nil)
    }

    @Test func `is an archive that tar unpacks`() throws {
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        let busy = try BusyStorage(data)
        busy.waitForRecords(100)
        busy.stop()
        let deep = String(repeating: "d", count: 90)
        try LinuxFileSystem().makeDirectory("\(data)/\(deep)")
        try write([UInt8](repeating: 7, count: 1_000), to: "\(data)/\(deep)/\(deep)")
        let (archive, report) = try backUp(data)
        try write(archive, to: place.path + "/backup.tar.gz")
        try LinuxFileSystem().makeDirectory(place.path + "/unpacked")
        let tar = try RelayProcess(
            ["-xzf", place.path + "/backup.tar.gz", "-C", place.path + "/unpacked"], program: "/usr/bin/tar")
        #expect(try tar.finish().status == 0)
        let files = try everyFile(below: place.path + "/unpacked")
        #expect(files.count == report.manifest.files.count + 1)
        #expect(files["\(deep)/\(deep)"]?.count == 1_000)
    }
}
