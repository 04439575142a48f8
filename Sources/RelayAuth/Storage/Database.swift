internal import CSQLite
internal import Glibc

/// One connection to an SQLite file. Belongs to one thread at a time; whoever shares it puts a lock around it.
@safe final class Database {
    private let handle: OpaquePointer

    /// How long a writer waits for another process that is writing.
    private static let busyMilliseconds: Int32 = 5_000

    /// Opens a file, or makes one that only its owner may read: it holds the hashes of passwords.
    init(path: String, creating: Bool = true) throws(DatabaseError) {
        try Self.provide(path, creating: creating)
        unsafe handle = try Self.connect(path, SQLITE_OPEN_READWRITE)
        do throws(DatabaseError) {
            try check(path)
            try configure()
        } catch {
            unsafe sqlite3_close_v2(handle)
            throw error
        }
    }

    /// Where root makes it, it is for the owner of the directory: the relay is to open what was made before its first
    /// start. SQLite gives the files that it puts beside it to the same.
    private static func provide(_ path: String, creating: Bool) throws(DatabaseError) {
        var descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT {
            guard creating else { throw DatabaseError("there is no file \(path)") }
            // What another one has put there meanwhile is opened, but not given away.
            descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if descriptor >= 0, geteuid() == 0 { give(descriptor, toOwnerOfDirectoryOf: path) }
            if descriptor < 0, errno == EEXIST { descriptor = unsafe open(path, O_RDWR | O_CLOEXEC) }
        }
        guard descriptor >= 0 else { throw DatabaseError("\(path) cannot be opened, errno \(errno)") }
        close(descriptor)
    }

    /// As far as the file system knows of owners.
    private static func give(_ descriptor: Int32, toOwnerOfDirectoryOf path: String) {
        var status = stat()
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        if unsafe stat(directory, &status) == 0 { _ = fchown(descriptor, status.st_uid, status.st_gid) }
    }

    /// Opens an existing file that is not to be changed.
    init(reading path: String) throws(DatabaseError) {
        unsafe handle = try Self.connect(path, SQLITE_OPEN_READONLY)
        unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    private static func connect(_ path: String, _ mode: Int32) throws(DatabaseError) -> OpaquePointer {
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, mode | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            throw DatabaseError(code: code, reason: "\(path) cannot be opened")
        }
        return unsafe opened
    }

    /// Before anything is written: a damaged file is left as it is, for somebody to rescue.
    private func check(_ path: String) throws(DatabaseError) {
        let faults = try rows("PRAGMA quick_check(1)") { row throws(DatabaseError) in row.text(0) }
        guard faults == ["ok"] else {
            throw DatabaseError("\(path) is damaged: \(faults.first ?? "the check said nothing")")
        }
    }

    /// WAL lets the command line read and write while the relay runs. FULL: a registration that was answered survives
    /// a power cut.
    private func configure() throws(DatabaseError) {
        unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        try execute("PRAGMA journal_mode = WAL")
        try execute("PRAGMA synchronous = FULL")
        try execute("PRAGMA foreign_keys = ON")
        try execute("PRAGMA trusted_schema = OFF")
        try execute("PRAGMA cell_size_check = ON")
    }

    // MARK: Statements

    func prepare(_ sql: String) throws(DatabaseError) -> Statement {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v2(handle, sql, -1, &prepared, nil)
        guard code == SQLITE_OK, let prepared = unsafe prepared else { throw error(code) }
        return unsafe Statement(prepared)
    }

    /// Runs one statement without caring for rows.
    func execute(_ sql: String, _ parameters: SQLValue...) throws(DatabaseError) {
        try run(sql, parameters)
    }

    /// - Returns: how many rows were changed.
    @discardableResult
    func run(_ sql: String, _ parameters: [SQLValue]) throws(DatabaseError) -> Int {
        let statement = try prepare(sql)
        try bind(parameters, to: statement)
        while try step(statement) {}
        return Int(unsafe sqlite3_changes64(handle))
    }

    /// All rows, made into values one by one.
    func rows<Row>(
        _ sql: String, _ parameters: SQLValue..., as row: (borrowing Statement) throws(DatabaseError) -> Row
    ) throws(DatabaseError) -> [Row] {
        let statement = try prepare(sql)
        try bind(parameters, to: statement)
        var rows: [Row] = []
        while try step(statement) { rows.append(try row(statement)) }
        return rows
    }

    /// The first column of the first row as a number; nil without a row.
    func number(_ sql: String, _ parameters: SQLValue...) throws(DatabaseError) -> Int64? {
        let statement = try prepare(sql)
        try bind(parameters, to: statement)
        return try step(statement) ? statement.int(0) : nil
    }

    /// Takes the right to write at the beginning, so that what is read inside is still true at its end.
    func transaction<Result>(
        _ body: () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(DatabaseError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // A failure such as a full disk may have rolled back already.
            if unsafe sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    private func bind(_ parameters: [SQLValue], to statement: borrowing Statement) throws(DatabaseError) {
        for (index, value) in parameters.enumerated() {
            let code = statement.bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw error(code) }
        }
    }

    private func step(_ statement: borrowing Statement) throws(DatabaseError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw error(code)
        }
    }

    private func error(_ code: Int32) -> DatabaseError {
        DatabaseError(code: code, reason: unsafe String(cString: sqlite3_errmsg(handle)))
    }
}

/// What a parameter of a statement can be.
enum SQLValue {
    case null
    case int(Int64)
    case text(String)
    case blob([UInt8])
}
