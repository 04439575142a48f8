import Glibc
import RelayTestKit
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `The file of accounts` {
    private let now = UnixTime(seconds: 1_800_000_000)
    private let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"

    /// As another CLASP relay leaves it.
    private func foreignFile(_ scratch: Scratch, _ users: [(id: String, name: String)]) throws -> String {
        let path = scratch.file("users.db")
        let database = try Database(path: path)
        try database.execute("PRAGMA journal_mode = DELETE")
        try database.execute(
            """
            CREATE TABLE users (
                id TEXT PRIMARY KEY,
                username TEXT UNIQUE NOT NULL,
                password_hash TEXT NOT NULL,
                created_at INTEGER NOT NULL
            )
            """)
        for (id, name) in users { try insert(id, name, into: database) }
        return path
    }

    private func insert(_ id: String, _ name: String, into database: Database) throws {
        try database.execute(
            "INSERT INTO users VALUES (?, ?, ?, 1700000000)", .text(id), .text(name), .text(hash))
    }

    private func name(_ text: String) -> UserName { UserName(text) }

    @Test func `has the table that other relays know, to the letter`() throws {
        let scratch = Scratch()
        let accounts = try UserDatabase(path: scratch.file("users.db"))
        let schema = try accounts.database.rows("SELECT sql FROM sqlite_schema WHERE name = 'users'") {
            row throws(DatabaseError) in row.text(0)
        }
        let columns =
            "id TEXT PRIMARY KEY, username TEXT UNIQUE NOT NULL, password_hash TEXT NOT NULL, created_at INTEGER NOT NULL"
        #expect(
            schema.first?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                == "CREATE TABLE users ( \(columns) )")
        #expect(try accounts.database.number("PRAGMA user_version") == Migrations.latest)
        #expect(try accounts.database.number("PRAGMA synchronous") == 2)
        #expect(try accounts.database.number("SELECT 1 FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 1)
    }

    @Test func `is read by its owner only`() throws {
        let scratch = Scratch()
        let accounts = try UserDatabase(path: scratch.file("users.db"))
        #expect(
            try accounts.issue(
                TokenRecord(
                    digest: TokenDigest(of: "x"), kind: .issued, subject: "s", name: "s", scopes: ScopeList([]),
                    created: now, expiry: nil)))
        for name in try Scratch.names(in: scratch.path) {
            #expect(!SmallFile.isOpenToOthers(scratch.file(name)), "\(name)")
        }
    }

    @Test func `has room for the day when the disk is full`() async throws {
        let harness = try AuthHarness()
        let path = harness.scratch.file("users.db")
        func size(_ path: String) -> Int {
            var status = stat()
            return unsafe stat(path, &status) == 0 ? Int(status.st_size) : -1
        }
        let (file, log) = (size(path), size(path + "-wal"))
        #expect(file > 1 << 20 && log > 1 << 20)
        _ = try await harness.register("Ann")
        for _ in 0..<200 { _ = try await harness.logIn("Ann") }
        #expect(size(path) == file && size(path + "-wal") == log)
        await harness.stop()
    }

    @Test func `of another relay is opened, and its users keep their names`() throws {
        let scratch = Scratch()
        let path = try foreignFile(scratch, [("u-1", "Bob"), ("u-2", "Zoe\u{308}"), ("u-3", "ann"), ("u-4", "Ann")])
        let accounts = try UserDatabase(path: path)
        #expect(try accounts.account(named: name("bOB"))?.id == "u-1")
        #expect(try accounts.account(named: name("Bob"))?.passwordHash == hash)
        #expect(try accounts.account(named: name("ZOË"))?.id == "u-2")
        // Two that differ only in case are told apart by it.
        #expect(try accounts.account(named: name("ann"))?.id == "u-3")
        #expect(try accounts.account(named: name("Ann"))?.id == "u-4")
        #expect(try accounts.account(named: name("ANN")) == nil)
        for taken in ["bob", "ANN", "zoë"] {
            #expect(try accounts.admission(of: name(taken), id: "x", invite: nil, proof: nil, at: now) == .nameTaken)
        }
        #expect(try accounts.delete("u-3", at: now))
        #expect(try accounts.account(named: name("ANN"))?.id == "u-4")
    }

    @Test func `may get users from elsewhere at any time`() throws {
        let scratch = Scratch()
        let path = try foreignFile(scratch, [("u-1", "Bob")])
        _ = try UserDatabase(path: path)
        try insert("u-2", "BOB", into: try Database(path: path))
        let accounts = try UserDatabase(path: path)
        #expect(try accounts.account(named: name("Bob"))?.id == "u-1")
        #expect(try accounts.account(named: name("BOB"))?.id == "u-2")
        #expect(try accounts.account(named: name("bob")) == nil)
    }

    @Test func `of an earlier version gets its names folded as they are today`() throws {
        let scratch = Scratch()
        let path = try foreignFile(scratch, [("u-1", "می‌خواهم"), ("u-2", "ad\u{200D}min"), ("u-3", "admin")])
        _ = try UserDatabase(path: path)
        let earlier = try Database(path: path)
        for index in ["tokens_by_kind", "tokens_by_owner"] { try earlier.execute("DROP INDEX \(index)") }
        for (id, folded) in [("u-1", "می‌خواهم"), ("u-2", "ad\u{200D}min"), ("u-3", "admin")] {
            try earlier.execute(
                "UPDATE folded_names SET folded = ?, is_shared = 0 WHERE user_id = ?", .text(folded), .text(id))
        }
        try earlier.execute("PRAGMA user_version = 1")
        let accounts = try UserDatabase(path: path)
        #expect(try accounts.account(named: name("می‌خواهم"))?.id == "u-1")
        #expect(try accounts.account(named: name("میخواهم"))?.id == "u-1")
        #expect(try accounts.account(named: name("ad\u{200D}min"))?.id == "u-2")
        #expect(try accounts.account(named: name("admin"))?.id == "u-3")
        #expect(try accounts.admission(of: name("Admin"), id: "x", invite: nil, proof: nil, at: now) == .nameTaken)
    }

    @Test(.enabled(if: geteuid() == 0))
    func `made by root belongs to whom its directory does`() throws {
        let scratch = Scratch()
        #expect(unsafe chown(scratch.path, 1_234, 2_345) == 0)
        let accounts = try UserDatabase(path: scratch.file("users.db"))
        _ = try accounts.issueInvite(uses: 1, lifetime: nil, at: now)
        let names = try Scratch.names(in: scratch.path)
        #expect(Set(names) == ["users.db", "users.db-wal", "users.db-shm"])
        for name in names {
            var status = stat()
            #expect(unsafe stat(scratch.file(name), &status) == 0)
            #expect(status.st_uid == 1_234 && status.st_gid == 2_345 && status.st_mode & 0o777 == 0o600, "\(name)")
        }
    }

    @Test func `is made only where it is to be`() throws {
        let scratch = Scratch()
        let path = scratch.file("users.db")
        let error = #expect(throws: DatabaseError.self) { try UserDatabase(path: path, creating: false) }
        #expect(error?.description == "there is no file \(path)")
        #expect(try Scratch.names(in: scratch.path) == [])
        _ = try UserDatabase(path: path)
        #expect(throws: Never.self) { try UserDatabase(path: path, creating: false) }
    }

    @Test func `of a later version is left alone`() throws {
        let scratch = Scratch()
        let path = try foreignFile(scratch, [])
        for version: Int64 in [99, -1] {
            try Database(path: path).execute("PRAGMA user_version = \(version)")
            #expect(throws: DatabaseError.self) { try UserDatabase(path: path) }
            #expect(try Database(path: path).number("PRAGMA user_version") == version)
        }
    }

    @Test func `that is damaged is left alone`() throws {
        let scratch = Scratch()
        #expect(throws: DatabaseError.self) {
            try UserDatabase(path: scratch.write("noise.db", String(repeating: "no database ", count: 500)))
        }
        let path = try foreignFile(scratch, (0..<250).map { ("u-\($0)", "user-\($0)") })
        let descriptor = unsafe open(path, O_RDWR)
        let noise = [UInt8](repeating: 0xA5, count: 3_000)
        _ = unsafe pwrite(descriptor, noise, noise.count, 8_500)
        close(descriptor)
        let before = try #require(SmallFile.read(path))
        #expect(throws: DatabaseError.self) { try UserDatabase(path: path) }
        let isUntouched = SmallFile.read(path) == before
        #expect(isUntouched)
    }

    @Test func `that cannot be opened says why`() {
        let error = #expect(throws: DatabaseError.self) { try UserDatabase(path: "/nowhere/users.db") }
        #expect(error?.description == "/nowhere/users.db cannot be opened, errno 2")
    }

    @Test func `a migration that fails changes nothing`() throws {
        let scratch = Scratch()
        let path = try foreignFile(scratch, [("u-1", "Bob")])
        // What the last statements of the first migration would make.
        try Database(path: path).execute("CREATE TABLE invites (x)")
        #expect(throws: DatabaseError.self) { try UserDatabase(path: path) }
        let database = try Database(path: path)
        #expect(try database.number("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'") == 2)
        #expect(try database.number("PRAGMA user_version") == 0)
    }

    @Test func `an id of a deleted account is never given out again`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("Ann", id: "ann")
        #expect(try UserDatabase(path: harness.scratch.file("users.db")).delete("ann", at: now))
        #expect(try await harness.post("/auth/guest", #"{"user_id":"ann"}"#).status == 409)
        let wish = #"{"username":"Ann","password":"secret-1","user_id":"ann"}"#
        #expect(try await harness.post("/auth/register", wish).status == 409)
        #expect(try await harness.register("Ann").id != session.id)
        await harness.stop()
    }

    @Test func `two who want the same name at once do not both get it`() async throws {
        var configuration = AuthConfiguration()
        configuration.registrationRule.maxAttempts = 1_000
        let harness = try AuthHarness(configuration)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<20 {
                let name = index % 2 == 0 ? "Ann" : "aNN"
                let body = #"{"username":"\#(name)","password":"secret-1"}"#
                group.addTask { try await harness.post("/auth/register", body, from: "192.0.2.\(index)").status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 409 } == 19)
        await harness.stop()
    }

    @Test func `invites count and expire`() async throws {
        var configuration = AuthConfiguration()
        configuration.registration = .invite
        let harness = try AuthHarness(configuration)
        let accounts = try UserDatabase(path: harness.scratch.file("users.db"))
        let (twice, old) = (Secret.invite(), Secret.invite())
        let digest = TokenDigest(of: twice)
        try accounts.add(Invite(digest: digest, created: harness.time.now, expiry: nil, usesLeft: 2))
        try accounts.add(
            Invite(digest: TokenDigest(of: old), created: now, expiry: harness.time.now, usesLeft: 9))
        func register(_ name: String, _ invite: String) async throws -> Int {
            let body = #"{"username":"\#(name)","password":"secret-1","invite":"\#(invite)"}"#
            return try await harness.post("/auth/register", body).status
        }
        #expect(try await register("Ann", old) == 403)
        #expect(try await register("Ann", twice) == 200)
        #expect(try await register("ann", twice) == 409, "who is refused spends no invite")
        #expect(try await register("Bob", twice) == 200)
        #expect(try await register("Cid", twice) == 403)
        #expect(try accounts.invites().first { $0.digest == digest }?.usesLeft == 0)
        #expect(try accounts.withdraw(invite: digest))
        await harness.stop()
    }
}

@Suite(.serialized) struct `The token of the operator` {
    private let now = UnixTime(seconds: 1_800_000_000)

    @Test func `is made with its directories, for its owner only, and stays`() throws {
        let scratch = Scratch()
        let path = scratch.file("admin")
        let made = try AdminToken.load(path)
        #expect(!SmallFile.isOpenToOthers(path))
        let text = String(decoding: try #require(SmallFile.read(path)), as: UTF8.self)
        #expect(text.wholeMatch(of: /cpsk_[0-9a-f]{32}\n/) != nil && text == made + "\n")
        let record = try #require(AdminToken.record(of: made, at: now))
        #expect(record.digest == TokenDigest(of: made) && record.expiry == nil && record.kind == .admin)
        #expect(record.subject == "admin-bootstrap" && record.scopes.list == ["admin:/**"])
        #expect(try AdminToken.load(path) == made)
        let deep = scratch.file("a")
        _ = try AdminToken.load(deep + "/b/admin")
        #expect(SmallFile.exists(deep + "/b/admin"))
        _ = unsafe unlink(deep + "/b/admin")
        _ = unsafe rmdir(deep + "/b")
        _ = unsafe rmdir(deep)
    }

    @Test func `may be any text of some length without white space`() throws {
        let scratch = Scratch()
        #expect(
            try AdminToken.load(scratch.write("own", "  my-own-token-of-some-length\n\n"))
                == "my-own-token-of-some-length")
        for text in ["", "short", "two words of some length", "ünicode-of-some-length"] {
            #expect(throws: AdminToken.Fault.self) { try AdminToken.load(scratch.write("bad", text)) }
            #expect(AdminToken.record(of: text, at: now) == nil)
        }
        #expect(throws: AdminToken.Fault.self) { try AdminToken.load("/proc/nowhere/admin") }
    }
}
