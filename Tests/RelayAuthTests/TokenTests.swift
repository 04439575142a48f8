import RelayJSON
import RelayTestKit
import RelayThreads
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `The table of tokens` {
    private let now = UnixTime(seconds: 1_000)

    private func record(_ token: String, expiry: Int64?) -> TokenRecord {
        TokenRecord(
            digest: TokenDigest(of: token), kind: .account, subject: "ann", name: "Ann",
            scopes: ScopeList(["read:/**"]), created: UnixTime(seconds: 0),
            expiry: expiry.map { UnixTime(seconds: $0) })
    }

    @Test func `answers each HELLO with the code it is due`() {
        var table = TokenTable()
        #expect(table.decide("", at: now) == .refused(.missing))
        #expect(table.decide("cpsk_x", at: now) == .refused(.notReady))
        _ = table.apply([.reset([record("cpsk_old", expiry: 1_000), record("cpsk_new", expiry: 1_001)], denied: [:])])
        #expect(table.decide("cpsk_old", at: now) == .refused(.expired))
        #expect(table.decide("cpsk_none", at: now) == .refused(.unknown))
        #expect(table.decide("other", at: now) == .refused(.foreign))
        #expect(table.decide("cap_abc", at: now) == .refused(.foreign))
        #expect(table.decide(String(repeating: "x", count: 100_000), at: now) == .refused(.foreign))
        guard case .granted(let grant) = table.decide("cpsk_new", at: now) else {
            Issue.record("refused")
            return
        }
        #expect(grant.subject == "ann" && grant.scopes == ["read:/**"] && grant.expiry == UnixTime(seconds: 1_001))
        let codes = [TokenRefusal.missing, .unknown, .foreign, .refused(.malformed), .expired, .notReady].map(\.code)
        #expect(codes == [300, 300, 300, 300, 302, 500])
    }

    @Test func `tells what a change means for living sessions`() {
        var table = TokenTable()
        let (a, b) = (record("cpsk_a", expiry: 2_000), record("cpsk_b", expiry: nil))
        #expect(table.apply([.reset([a, b], denied: [:])]) == [])
        var longer = a
        longer.expiry = UnixTime(seconds: 3_000)
        #expect(table.apply([.stored(longer)]) == [.extended(a.digest, UnixTime(seconds: 3_000))])
        #expect(table.apply([.stored(longer)]) == [])
        #expect(table.apply([.removed(b.digest), .removed(b.digest)]) == [.ended(b.digest)])
        #expect(table.apply([.reset([], denied: [b.digest: now])]) == [.ended(a.digest), .ended(b.digest)])
        #expect(table.apply([.reset([b], denied: [:])]) == [])
        #expect(table.count == 1)
    }

    @Test func `never forgets the operator`() {
        var table = TokenTable()
        var admin = record("my-own-token", expiry: nil)
        admin.kind = .admin
        #expect(table.apply([.reset([], denied: [:]), .stored(admin), .reset([], denied: [:])]) == [])
        guard case .granted = table.decide("my-own-token", at: now) else {
            Issue.record("forgotten")
            return
        }
    }

    @Test func `a key that goes, or changes, ends what it signed`() throws {
        let (one, other) = (try TestSigning().keys, try TestSigning().keys)
        var table = TokenTable()
        #expect(table.apply([.keys(one), .keys(one)]) == [])
        // Another pair under the same name; the secrets are the same.
        #expect(table.apply([.keys(other)]) == [.disowned([TestSigning.edName])])
        let renamed = SigningKeys(keys: other.keys, audience: "another")
        #expect(table.apply([.keys(renamed)]) == [.disowned(Set(other.names))])
        #expect(table.apply([.keys(.none)]) == [.disowned(Set(other.names))])
    }

    @Test func `news does not pile up where nobody shows a token`() async throws {
        let harness = try AuthHarness()
        for _ in 1...8 { _ = try Session(try await harness.post("/auth/guest", "{}")) }
        #expect(harness.ownFeed.take().count <= 1)
        await harness.stop()
    }

    @Test func `learns of a change before whoever asked for it`() async throws {
        let harness = try AuthHarness()
        var table = harness.table()
        for index in 0..<50 {
            let session = try await harness.store.issueForTest(index, at: harness.time.now)
            _ = table.apply(harness.feed.take())
            guard case .granted = table.decide(session, at: harness.time.now) else {
                Issue.record("token \(index) is not known yet")
                break
            }
        }
        await harness.stop()
    }

    @Test func `a mailbox wakes its reader once`() {
        let wakes = Monitor(0)
        let feed = TokenFeed { wakes.withLock { $0 += 1 } }
        #expect(feed.take() == [])
        feed.push([])
        #expect(wakes.withLock { $0 } == 0)
        feed.push([.removed(TokenDigest(of: "a"))])
        feed.push([.removed(TokenDigest(of: "b"))])
        #expect(wakes.withLock { $0 } == 1)
        #expect(feed.take() == [.removed(TokenDigest(of: "a")), .removed(TokenDigest(of: "b"))])
        feed.push([.removed(TokenDigest(of: "c"))])
        #expect(wakes.withLock { $0 } == 2 && feed.take().count == 1)
    }

    @Test func `a digest is the secret's SHA-256 and can be written down`() {
        let digest = TokenDigest(of: "abc")
        #expect(Secret.hex(digest.bytes) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(digest.shortName == "ba7816bf8f01cfea" && TokenDigest(bytes: digest.bytes) == digest)
        #expect(TokenDigest(bytes: [1, 2]) == nil)
    }
}

extension SQLiteAccounts {
    fileprivate func issueForTest(_ index: Int, at now: UnixTime) async throws -> String {
        let token = Secret.token()
        let record = TokenRecord(
            digest: TokenDigest(of: token), kind: .guest, subject: "s-\(index)", name: "s", scopes: ScopeList([]),
            created: now, expiry: nil)
        _ = try await admit(GuestVisit(token: record, name: nil))
        return token
    }
}

@Suite(.serialized) struct `The life of a token` {
    private func grant(_ token: String, _ harness: AuthHarness) -> TokenDecision {
        harness.table().decide(token, at: harness.time.now)
    }

    @Test func `it survives a restart, and a revoked one does not`() async throws {
        let (scratch, time) = (Scratch(), ManualClock())
        let before = try AuthHarness(scratch: scratch, time: time)
        let kept = try await before.register("Ann", id: "ann")
        let gone = try await before.logIn("Ann")
        #expect(try await before.post("/auth/logout", "", token: gone.token).status == 204)
        await before.stop()
        let after = try AuthHarness(scratch: scratch, time: time)
        #expect(try await after.call("GET", "/auth/me", token: kept.token).json["user_id"] == "ann")
        #expect(try await after.call("GET", "/auth/me", token: gone.token).status == 401)
        let table = after.table()
        guard case .granted = table.decide(kept.token, at: time.now) else {
            Issue.record("the token is lost")
            return
        }
        #expect(table.decide(gone.token, at: time.now) == .refused(.unknown))
        await after.stop()
    }

    @Test func `it ends after a day, and says so for a while`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("Ann")
        harness.time.advance(.seconds(86_399))
        #expect(try await harness.call("GET", "/auth/me", token: session.token).status == 200)
        harness.time.advance(.seconds(1))
        #expect(try await harness.call("GET", "/auth/me", token: session.token).status == 401)
        #expect(grant(session.token, harness) == .refused(.expired))
        await harness.stop()
        harness.time.advance(.seconds(3_601))
        let later = try AuthHarness(scratch: harness.scratch, time: harness.time)
        var table = later.table()
        // The first thing a store does beside its work is to forget.
        while table.count > 0 { _ = table.apply(later.feed.take()) }
        #expect(table.decide(session.token, at: harness.time.now) == .refused(.unknown))
        await later.stop()
    }

    @Test func `a refresh extends it in place, but not for ever`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("Ann")
        var table = harness.table()
        for _ in 0..<60 {
            harness.time.advance(.seconds(43_200))
            let answer = try await harness.post("/auth/refresh", "", token: session.token)
            guard answer.status == 200 else { break }
            let digest = TokenDigest(of: session.token)
            let effects = table.apply(harness.feed.take())
            #expect(effects.isEmpty || effects.map { "\($0)".contains("extended") } == [true])
            #expect(harness.table().count == 0 && digest.shortName.utf8.count == 16)
        }
        let day = 30 * 86_400
        let limit = UnixTime(microseconds: ManualClock.start).advanced(by: .seconds(day))
        #expect(harness.time.now >= limit)
        #expect(try await harness.call("GET", "/auth/me", token: session.token).status == 401)
        await harness.stop()
    }

    @Test func `logging out everywhere ends all of them`() async throws {
        let harness = try AuthHarness()
        let first = try await harness.register("Ann", id: "ann")
        let second = try await harness.logIn("Ann")
        let other = try await harness.register("Bob")
        var table = harness.table()
        #expect(try await harness.post("/auth/logout", #"{"all":true}"#, token: second.token).status == 204)
        let ended = table.apply(harness.feed.take())
        #expect(ended.count == 2)
        #expect(ended.contains(.ended(TokenDigest(of: first.token))))
        #expect(try await harness.call("GET", "/auth/me", token: first.token).status == 401)
        #expect(try await harness.call("GET", "/auth/me", token: other.token).status == 200)
        await harness.stop()
    }

    @Test func `a new password ends the other ones`() async throws {
        let harness = try AuthHarness()
        let other = try await harness.register("Ann")
        let own = try await harness.logIn("Ann")
        let body = #"{"password":"secret-1","new_password":"secret-2"}"#
        #expect(try await harness.post("/auth/password", body, token: own.token).status == 204)
        #expect(try await harness.call("GET", "/auth/me", token: own.token).status == 200)
        #expect(try await harness.call("GET", "/auth/me", token: other.token).status == 401)
        await #expect(throws: Session.Refused.self) { try await harness.logIn("Ann") }
        #expect(try await harness.logIn("Ann", "secret-2").id == own.id)
        await harness.stop()
    }

    @Test func `what another process writes is felt`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("Ann", id: "ann")
        var table = harness.table()
        let other = try UserDatabase(path: harness.scratch.file("users.db"))
        #expect(try other.revokeAll(of: "ann") == 1)
        var effects: [TokenEffect] = []
        while effects.isEmpty {
            effects = table.apply(harness.feed.take())
            await Task.yield()
        }
        #expect(effects == [.ended(TokenDigest(of: session.token))])
        #expect(try await harness.call("GET", "/auth/me", token: session.token).status == 401)
        await harness.stop()
    }

    @Test func `whoever reads too late reads everything`() throws {
        let scratch = Scratch()
        var limits = TokenLimits()
        limits.maxEvents = 10
        let database = try UserDatabase(path: scratch.file("users.db"), limits: limits)
        let start = try database.snapshot().sequence
        let now = UnixTime(seconds: 1_000)
        for _ in 0..<30 { _ = try AuthHarness.issue(.issued, "s", "s", in: database, at: now) }
        #expect(try database.changes(after: start)?.changes.count == 30)
        try database.purge(at: now)
        #expect(try database.changes(after: start) == nil)
        let (all, sequence) = try database.snapshot()
        guard case .reset(let records, _) = all else {
            Issue.record("not everything")
            return
        }
        #expect(records.count == 30)
        #expect(try database.changes(after: sequence)?.changes == [])
        // Also when the log of changes was emptied to its last line.
        try database.database.execute("DELETE FROM token_events")
        #expect(try database.changes(after: sequence)?.changes == [])
        #expect(try database.changes(after: start) == nil)
    }

    @Test func `of one subject there are only so many`() async throws {
        var limits = TokenLimits()
        limits.maxPerSubject = 3
        let harness = try AuthHarness(limits: limits)
        let accounts = try UserDatabase(path: harness.scratch.file("users.db"), limits: limits)
        let first = try await harness.register("Ann", id: "ann")
        let robot = try accounts.issueToken(for: "ann", scopes: [], lifetime: nil, at: UnixTime(seconds: 1)).secret
        for _ in 0..<3 {
            harness.time.advance(.seconds(1))
            _ = try await harness.logIn("Ann")
        }
        #expect(try await harness.call("GET", "/auth/me", token: first.token).status == 401, "the oldest makes way")
        #expect(try accounts.tokens().count { $0.kind == .account } == 3)
        #expect(try accounts.token(TokenDigest(of: robot)) != nil, "the operator's makes way for no login")
        for _ in 0..<3 { _ = try accounts.issueToken(for: "ann", scopes: [], lifetime: nil, at: harness.time.now) }
        #expect(try accounts.token(TokenDigest(of: robot)) == nil, "but for more of the operator's")
        await harness.stop()
    }
}

/// Nobody is sent away because somebody else has signed in too often.
@Suite(.serialized) struct `A full table of tokens` {
    private func limits(_ count: Int) -> TokenLimits {
        var limits = TokenLimits()
        limits.maxTokens = count
        return limits
    }

    private func isKnown(_ session: Session, _ harness: AuthHarness) async throws -> Bool {
        try await harness.call("GET", "/auth/me", token: session.token).status == 200
    }

    @Test func `lets everybody in, at the cost of who has most`() async throws {
        let harness = try AuthHarness(limits: limits(10))
        let ann = try await harness.register("Ann")
        let guest = try Session(try await harness.post("/auth/guest", "{}"))
        var hoard = [try await harness.register("Hog")]
        for _ in 0..<7 {
            harness.time.advance(.seconds(1))
            hoard.append(try await harness.logIn("Hog"))
        }
        var table = harness.table()
        #expect(table.count == 10)
        let bob = try await harness.register("Bob")
        #expect(table.apply(harness.feed.take()) == [.ended(TokenDigest(of: hoard[0].token))])
        let again = try await harness.logIn("Ann")
        #expect(table.apply(harness.feed.take()) == [.ended(TokenDigest(of: hoard[1].token))])
        for session in [ann, guest, bob, again] { #expect(try await isKnown(session, harness)) }
        #expect(table.count == 10)
        await harness.stop()
    }

    @Test func `among equals takes what has ended, then guests, then the oldest`() async throws {
        let harness = try AuthHarness(limits: limits(4))
        let ended = try await harness.register("Old")
        harness.time.advance(.seconds(86_400))
        let ann = try await harness.register("Ann")
        harness.time.advance(.seconds(1))
        let bob = try await harness.register("Bob")
        let guest = try Session(try await harness.post("/auth/guest", "{}"))
        var table = harness.table()
        for (name, session) in [("Cid", ended), ("Dan", guest), ("Eve", ann), ("Fay", bob)] {
            harness.time.advance(.seconds(1))
            _ = try await harness.register(name)
            #expect(table.apply(harness.feed.take()) == [.ended(TokenDigest(of: session.token))], "\(name)")
        }
        await harness.stop()
    }

    @Test func `is half for guests, whatever users do`() async throws {
        let harness = try AuthHarness(limits: limits(8))
        _ = try await harness.register("Ann")
        for _ in 0..<6 { _ = try await harness.logIn("Ann") }
        var guests: [Session] = []
        for _ in 0..<4 { guests.append(try Session(try await harness.post("/auth/guest", "{}"))) }
        let full = try await harness.post("/auth/guest", "{}")
        #expect(full.status == 503 && full["Retry-After"] == "60")
        for guest in guests { #expect(try await isKnown(guest, harness)) }
        harness.time.advance(.seconds(86_400))
        #expect(try await harness.post("/auth/guest", "{}").status == 200, "who has ended takes no room")
        await harness.stop()
    }

    @Test func `of the operator's makes way for nobody`() async throws {
        let harness = try AuthHarness(limits: limits(4))
        _ = try await harness.register("Ann")
        let accounts = try UserDatabase(path: harness.scratch.file("users.db"), limits: limits(4))
        for index in 0..<4 {
            _ = try accounts.issueToken(for: "robot-\(index)", scopes: [], lifetime: nil, at: harness.time.now)
        }
        #expect(throws: UserDatabase.Fault.self) {
            try accounts.issueToken(for: "robot-9", scopes: [], lifetime: nil, at: harness.time.now)
        }
        #expect(try accounts.tokens().map(\.kind) == Array(repeating: .issued, count: 4))
        let login = try await harness.post("/auth/login", #"{"username":"Ann","password":"secret-1"}"#)
        #expect(login.status == 503)
        let body = #"{"username":"Bob","password":"secret-1"}"#
        #expect(try await harness.post("/auth/register", body).status == 503)
        #expect(try await harness.post("/auth/guest", "{}").status == 503)
        #expect(try accounts.account(named: UserName("Bob")) == nil)
        await harness.stop()
    }

    @Test func `clears a hundredth at a time`() throws {
        let scratch = Scratch()
        let accounts = try UserDatabase(path: scratch.file("users.db"), limits: limits(1_000))
        let start = UnixTime(seconds: 1_000)
        try accounts.database.transaction { () throws(DatabaseError) in
            for index in 0..<1_000 {
                try accounts.insert(
                    TokenRecord(
                        digest: TokenDigest(of: "\(index)"), kind: .account, subject: "s-\(index % 100)", name: "s",
                        scopes: ScopeList([]), created: start.advanced(by: .seconds(index)), expiry: nil))
            }
        }
        _ = try AuthHarness.issue(.account, "new", "new", in: accounts, at: start.advanced(by: .seconds(1_000)))
        let left = try accounts.tokens()
        #expect(left.count == 991 && left.last?.subject == "new")
        #expect(!left.contains { $0.created < start.advanced(by: .seconds(10)) }, "the tenth oldest of who has ten")
    }
}

@Suite(.serialized) struct `The id of a guest` {
    @Test func `is kept as long as the token, and goes with the account`() async throws {
        let harness = try AuthHarness()
        let guest = try Session(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#))
        #expect(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#).status == 409)
        let again = try Session(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#, token: guest.token))
        let wish = #"{"username":"Ann","password":"secret-1","user_id":"g-1"}"#
        #expect(try await harness.post("/auth/register", wish).status == 409)
        let user = try Session(try await harness.post("/auth/register", wish, token: again.token))
        #expect(user.id == "g-1")
        // The guest's own connections go on, now as the user's.
        let me = try await harness.call("GET", "/auth/me", token: guest.token).json
        #expect(me["kind"] == "account" && me["username"] == "Ann")
        #expect(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#, token: guest.token).status == 409)
        await harness.stop()
    }

    @Test func `is free again afterwards`() async throws {
        let harness = try AuthHarness()
        let guest = try Session(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#))
        #expect(try await harness.post("/auth/logout", "", token: guest.token).status == 204)
        #expect(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#).status == 200)
        harness.time.advance(.seconds(86_400))
        #expect(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#).status == 200)
        await harness.stop()
    }
}
