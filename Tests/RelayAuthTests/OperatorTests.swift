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

    private func hashOfAnn(_ accounts: UserDatabase) throws -> String {
        try #require(try accounts.account(withID: "ann")?.passwordHash)
    }
}
