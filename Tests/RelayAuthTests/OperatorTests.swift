import RelayTestKit
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `The operator` {
    private let now = UnixTime(seconds: 1_800_000_000)
    private let password = Array("secret-1".utf8)

    private func open(_ scratch: Scratch, _ name: String = "users.db") throws -> UserDatabase {
        try UserDatabase(path: scratch.file(name))
    }

    private func add(_ name: String, id: String? = nil, to accounts: UserDatabase) throws -> String {
        try accounts.addUser(name, id: id, password: password, parameters: AuthHarness.cheap, at: now)
    }

    @Test func `makes accounts that can sign in`() async throws {
        let harness = try AuthHarness()
        let accounts = try open(harness.scratch)
        let id = try add(" Ann ", to: accounts)
        #expect(try await harness.logIn("ann").id == id)
        try accounts.setPassword(of: id, Array("secret-2".utf8), parameters: AuthHarness.cheap)
        await #expect(throws: Session.Refused.self) { try await harness.logIn("ann") }
        #expect(try await harness.logIn("ann", "secret-2").name == "Ann")
        #expect(try accounts.tokens().count == 1, "a new password ends the tokens of the old one")
        #expect(try accounts.account(called: "ANN")?.id == id && accounts.account(called: id)?.username == "Ann")
        #expect(try accounts.accounts().map(\.id) == [id])
        await harness.stop()
    }

    @Test func `is told what cannot be`() throws {
        let scratch = Scratch()
        let accounts = try open(scratch)
        _ = try add("Ann", id: "ann", to: accounts)
        func fault(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(fault { _ = try add("aNN", to: accounts) } == "the name aNN is in use")
        #expect(fault { _ = try add("Bob", id: "ann", to: accounts) } == "the id ann is in use")
        #expect(fault { _ = try add("x", to: accounts) }?.hasPrefix("a user name has") == true)
        #expect(fault { _ = try add("Bob", id: "a/b", to: accounts) }?.hasPrefix("a user id has") == true)
        #expect(
            fault { _ = try accounts.addUser("Bob", id: nil, password: [1], at: now) }?.hasPrefix("a password") == true)
        #expect(fault { try accounts.setPassword(of: "bob", password) } == "there is no user with the id bob")
        #expect(try accounts.delete("ann", at: now) && !accounts.delete("ann", at: now))
        #expect(fault { _ = try add("Ann", id: "ann", to: accounts) }?.contains("deleted") == true)
        #expect(
            fault { _ = try add("Root", id: AdminToken.subject, to: accounts) }?.hasSuffix("operator's own") == true)
        #expect(fault { _ = try accounts.issueToken(for: "*", scopes: [], lifetime: nil, at: now) } != nil)
    }

    @Test func `makes and revokes tokens`() throws {
        let scratch = Scratch()
        let accounts = try open(scratch)
        let (own, record) = try accounts.issueToken(
            for: "weather", scopes: ["write:/weather/**"], lifetime: .seconds(60), at: now)
        #expect(record.kind == .issued && record.expiry == now.advanced(by: .seconds(60)))
        #expect(try accounts.tokens() == [record])
        #expect(try accounts.revoke(token: own, at: now))
        #expect(try !accounts.revoke(token: own, at: now))
        #expect(try !accounts.revoke(token: "nonsense", at: now))
    }

    @Test func `revokes signed tokens too, also across a restart`() async throws {
        let signing = try TestSigning()
        let (scratch, time) = (Scratch(), ManualClock())
        let token = signing.token(#"{"sub":"robot","aud":"clasp-relay","exp":1800000060}"#)
        let harness = try AuthHarness(scratch: scratch, time: time, keys: signing.keys)
        var table = harness.table()
        #expect(try await harness.call("GET", "/auth/me", token: token).status == 200)
        #expect(try open(scratch).revoke(token: token, at: time.now))
        var effects: [TokenEffect] = []
        while effects.isEmpty {
            effects = table.apply(harness.feed.take())
            await Task.yield()
        }
        #expect(table.decide(token, at: time.now) == .refused(.refused(.revoked)))
        await harness.stop()
        let after = try AuthHarness(scratch: scratch, time: time, keys: signing.keys)
        #expect(try await after.call("GET", "/auth/me", token: token).status == 401)
        await after.stop()
    }

    @Test func `takes over the users of another relay`() throws {
        let scratch = Scratch()
        let other = try open(scratch, "other.db")
        _ = try add("Ann", id: "ann", to: other)
        _ = try add("Bob", id: "bob", to: other)
        try other.database.execute("INSERT INTO users VALUES ('u-1', 'aNN', ?, 7)", .text(hashOfAnn(other)))
        try other.database.execute("INSERT INTO users VALUES ('u-2', 'Cid', 'plain', 7)")
        try other.database.execute("INSERT INTO users VALUES ('a/b', 'Dan', ?, 7)", .text(hashOfAnn(other)))
        let accounts = try open(scratch)
        _ = try add("Eve", id: "bob", to: accounts)
        let report = try accounts.importUsers(from: scratch.file("other.db"))
        #expect(report.added == 2)
        #expect(
            Set(report.skipped) == ["bob: the id is in use", "u-2: not a hash of Argon2id", "a/b: not an id"])
        #expect(try accounts.account(named: UserName("Ann"))?.id == "ann")
        #expect(try accounts.account(named: UserName("aNN"))?.id == "u-1")
        #expect(try accounts.account(named: UserName("ANN")) == nil)
        #expect(try accounts.importUsers(from: scratch.file("other.db")).added == 0)
        #expect(throws: UserDatabase.Fault.self) { try accounts.importUsers(from: "/nowhere/users.db") }
    }

    @Test func `does not bring back who was deleted`() throws {
        let scratch = Scratch()
        let backup = try open(scratch, "backup.db")
        for id in ["ann", "bob", "admin-bootstrap"] {
            try backup.database.execute("INSERT INTO users VALUES (?1, ?1, ?2, 7)", .text(id), .text(hash))
        }
        let accounts = try open(scratch)
        _ = try add("Ann", id: "ann", to: accounts)
        #expect(try accounts.delete("ann", at: now))
        let report = try accounts.importUsers(from: scratch.file("backup.db"))
        #expect(report.added == 1)
        #expect(
            report.skipped.sorted() == [
                "admin-bootstrap: the id admin-bootstrap is the operator's own",
                "ann: the id ann belonged to a user who was deleted",
            ])
        #expect(try accounts.accounts().map(\.id) == ["bob"])
    }

    @Test(arguments: [false, true])
    func `gives a guest's id to an account, and the guest has it no longer`(byImport: Bool) async throws {
        let harness = try AuthHarness()
        let guest = try Session(try await harness.post("/auth/guest", #"{"user_id":"x-1"}"#))
        let other = try Session(try await harness.post("/auth/guest", #"{"user_id":"x-2"}"#))
        var table = harness.table()
        let accounts = try open(harness.scratch)
        let robot = try accounts.issueToken(for: "x-1", scopes: ["read:/**"], lifetime: nil, at: now)
        if byImport {
            let backup = try open(harness.scratch, "backup.db")
            try backup.database.execute("INSERT INTO users VALUES ('x-1', 'Ann', ?, 7)", .text(hash))
            #expect(try accounts.importUsers(from: harness.scratch.file("backup.db")).added == 1)
        } else {
            _ = try add("Ann", id: "x-1", to: accounts)
        }
        let digest = TokenDigest(of: guest.token)
        try #require(try accounts.token(digest) == nil)
        var effects: [TokenEffect] = []
        while effects.isEmpty {
            effects = table.apply(harness.feed.take())
            await Task.yield()
        }
        #expect(effects == [.ended(digest)])
        #expect(try await harness.call("GET", "/auth/me", token: guest.token).status == 401)
        #expect(try await harness.call("GET", "/auth/me", token: other.token).status == 200)
        #expect(try await harness.call("GET", "/auth/me", token: robot.secret).status == 200, "the operator's stays")
        await harness.stop()
    }

    @Test func `ends every token at once, and the sessions with them`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("Ann", id: "ann")
        let guest = try Session(try await harness.post("/auth/guest", "{}"))
        let accounts = try open(harness.scratch)
        let robot = try accounts.issueToken(for: "weather", scopes: ["read:/**"], lifetime: nil, at: now)
        var table = harness.table()
        while table.count < 3 {
            _ = table.apply(harness.feed.take())
            await Task.yield()
        }
        #expect(try accounts.revokeAll() == 3)
        var ended: Set<TokenDigest> = []
        while ended.count < 3 {
            for case .ended(let digest) in table.apply(harness.feed.take()) { ended.insert(digest) }
            await Task.yield()
        }
        #expect(ended == Set([session.token, guest.token, robot.secret].map { TokenDigest(of: $0) }))
        #expect(try await harness.call("GET", "/auth/me", token: session.token).status == 401)
        #expect(try await harness.logIn("Ann").id == "ann")
        #expect(try accounts.revokeAll() == 1 && accounts.revokeAll() == 0)
        await harness.stop()
    }

    private let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"

    private func hashOfAnn(_ accounts: UserDatabase) throws -> String {
        try #require(try accounts.account(withID: "ann")?.passwordHash)
    }
}
