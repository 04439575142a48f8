internal import CSQLite

/// Copies an SQLite file that somebody may be writing to, by SQLite's own means, and looks whether a copy is sound.
enum SQLiteCopy {
    /// How a file of SQLite begins.
    static let magic = Array("SQLite format 3\u{0}".utf8)

    /// `target` is a single file afterwards, without a log beside it.
    static func copy(_ source: String, to target: String) throws(BackupError) {
        let from = try Connection(source, SQLITE_OPEN_READONLY)
        let to = try Connection(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        try to.fill(from: from, name: source)
        try to.run("PRAGMA journal_mode = DELETE", expecting: "delete", name: target)
    }

    static func check(_ path: String) throws(BackupError) {
        let connection = try Connection(path, SQLITE_OPEN_READWRITE)
        try connection.run("PRAGMA integrity_check", expecting: "ok", name: path)
    }

    @safe private final class Connection {
        private let handle: OpaquePointer?

        private static let busyMilliseconds: Int32 = 10_000

        init(_ path: String, _ flags: Int32) throws(BackupError) {
            var opened: OpaquePointer?
            let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
            unsafe handle = opened
            guard code == SQLITE_OK else { throw .database(file: path, reason: "it cannot be opened (\(code))") }
            unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        }

        deinit { unsafe _ = sqlite3_close_v2(handle) }

        /// In one step, so that it is the file of one moment; writers of a file with a log do not wait for it.
        func fill(from source: Connection, name: String) throws(BackupError) {
            guard let backup = unsafe sqlite3_backup_init(handle, "main", source.handle, "main") else {
                throw failure(name)
            }
            var code = SQLITE_BUSY
            for _ in 0..<100 where code == SQLITE_BUSY || code == SQLITE_LOCKED {
                code = unsafe sqlite3_backup_step(backup, -1)
                if code == SQLITE_BUSY || code == SQLITE_LOCKED { _ = sqlite3_sleep(50) }
            }
            unsafe _ = sqlite3_backup_finish(backup)
            guard code == SQLITE_DONE else { throw failure(name) }
        }

        /// Runs a statement whose only row must say something.
        func run(_ sql: String, expecting expected: String, name: String) throws(BackupError) {
            var statement: OpaquePointer?
            guard unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw failure(name) }
            defer { unsafe _ = sqlite3_finalize(statement) }
            guard unsafe sqlite3_step(statement) == SQLITE_ROW, let text = unsafe sqlite3_column_text(statement, 0)
            else {
                throw failure(name)
            }
            let said = unsafe String(cString: text)
            guard said == expected else { throw .database(file: name, reason: "\(sql) says: \(said)") }
        }

        private func failure(_ name: String) -> BackupError {
            .database(
                file: name, reason: unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) } ?? "no memory")
        }
    }
}
