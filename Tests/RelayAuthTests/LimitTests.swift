@testable import RelayNet
import RelayTestKit
import RelayThreads
import Testing

@testable import RelayAuth

private let someone = AttemptKey.user(UserName("someone"))

@Suite(.serialized) struct `Limits on attempts` {
    private func blocked(_ limiter: AttemptLimiter, at seconds: Int64) -> Bool {
        limiter.wait(for: someone, at: seconds * 1_000_000_000) != nil
    }

    private func fail(_ limiter: inout AttemptLimiter, _ times: Int, at seconds: Int64, random: UInt64 = 0) {
        for _ in 0..<times { limiter.begin(someone, at: seconds * 1_000_000_000, random: random) }
    }

    @Test func `five failures block to the end of the window`() {
        var limiter = AttemptLimiter(.login)
        fail(&limiter, 4, at: 0)
        #expect(!blocked(limiter, at: 1))
        fail(&limiter, 1, at: 10)
        #expect(blocked(limiter, at: 10) && blocked(limiter, at: 59) && !blocked(limiter, at: 60))
    }

    @Test func `a window that passed is forgotten`() {
        var limiter = AttemptLimiter(.login)
        fail(&limiter, 4, at: 0)
        fail(&limiter, 4, at: 60)
        #expect(!blocked(limiter, at: 60))
    }

    @Test func `each block is twice as long, up to a quarter of an hour`() {
        var limiter = AttemptLimiter(.login)
        var now: Int64 = 0
        var lengths: [Int64] = []
        for _ in 0..<7 {
            fail(&limiter, 5, at: now)
            let wait = limiter.wait(for: someone, at: now * 1_000_000_000)?.components.seconds ?? 0
            lengths.append(wait)
            now += wait
            #expect(!blocked(limiter, at: now))
        }
        #expect(lengths == [60, 120, 240, 480, 900, 900, 900])
        now += 900
        fail(&limiter, 5, at: now)
        #expect(limiter.wait(for: someone, at: now * 1_000_000_000) == .seconds(60))
    }

    @Test func `nobody can foresee the end of a block, and it is near`() {
        var random = SeededRandom(seed: 20)
        var waits: Set<Duration> = []
        for _ in 0..<100 {
            var limiter = AttemptLimiter(.login)
            fail(&limiter, 5, at: 0, random: random.next())
            if let wait = limiter.wait(for: someone, at: 0) { waits.insert(wait) }
        }
        #expect(waits.count > 90)
        #expect(waits.allSatisfy { $0 >= .seconds(60) && $0 < .seconds(63) })
    }

    @Test func `a success takes its own attempt back`() {
        var limiter = AttemptLimiter(.login)
        let (ann, bob) = (TokenDigest(of: "ann"), TokenDigest(of: "bob"))
        for _ in 0..<4 { limiter.begin(someone, about: bob, at: 0, random: 0) }
        limiter.begin(someone, about: ann, at: 0, random: 0)
        #expect(blocked(limiter, at: 0))
        limiter.forgive(someone, about: ann)
        #expect(!blocked(limiter, at: 0))
        limiter.begin(someone, about: bob, at: 0, random: 0)
        #expect(blocked(limiter, at: 0), "a password of one's own must not buy guesses at others'")
    }

    @Test func `a success forgets the failures of the same user`() {
        var limiter = AttemptLimiter(.login)
        let ann = TokenDigest(of: "ann")
        for _ in 0..<4 { limiter.begin(someone, about: ann, at: 0, random: 0) }
        limiter.forgive(someone, about: ann)
        #expect(limiter.count == 0)
    }

    @Test func `memory is bounded, and the worst offenders stay in it`() {
        var limiter = AttemptLimiter(.login, maxEntries: 1_000)
        let worst = (0..<50).map { AttemptKey.client(IPAddress(ipv4: UInt32($0))) }
        for key in worst { for _ in 0..<5 { limiter.begin(key, at: 0, random: 0) } }
        for index in 0..<20_000 {
            limiter.begin(.client(IPAddress(high: UInt64(index), low: 0)), at: 1_000_000_000, random: 0)
            #expect(limiter.count <= 1_000)
        }
        let left = worst.count { limiter.wait(for: $0, at: 1_000_000_000) != nil }
        #expect(left == worst.count)
    }

    @Test func `also where everybody is blocked`() {
        var limiter = AttemptLimiter(.login, maxEntries: 100)
        for index in 0..<10_000 {
            let key = AttemptKey.client(IPAddress(ipv4: UInt32(index)))
            for _ in 0..<5 { limiter.begin(key, at: Int64(index), random: 0) }
            if index % 3 == 0 { limiter.forgive(key, about: nil) }
            #expect(limiter.count <= 100)
        }
    }

    @Test func `what has passed makes room first`() {
        var limiter = AttemptLimiter(.login, maxEntries: 100)
        for index in 0..<100 { limiter.begin(.client(IPAddress(ipv4: UInt32(index))), at: 0, random: 0) }
        limiter.begin(someone, at: 61_000_000_000, random: 0)
        #expect(limiter.count == 1)
    }

    @Test func `a block that a success has lifted is nothing to trip over later`() {
        var limiter = AttemptLimiter(.login, maxEntries: 100)
        let (ann, bob) = (TokenDigest(of: "ann"), TokenDigest(of: "bob"))
        fail(&limiter, 5, at: 0)
        for about in [bob, bob, bob, bob, ann] {
            limiter.begin(someone, about: about, at: 100_000_000_000, random: 0)
        }
        limiter.forgive(someone, about: ann)
        #expect(!blocked(limiter, at: 100))
        for index in 0..<150 {
            limiter.begin(.client(IPAddress(ipv4: UInt32(index))), at: 200_000_000_000, random: 0)
        }
        #expect(limiter.count == 100)
        fail(&limiter, 5, at: 200)
        #expect(limiter.wait(for: someone, at: 200_000_000_000) == .seconds(120), "the first block is remembered")
    }

    @Test func `a rule that changes between an attempt and its outcome does no harm`() {
        for (before, after) in [(5, 1), (1, 5)] {
            var limiter = AttemptLimiter(AttemptLimiter.Rule(maxAttempts: before, window: .seconds(60)))
            fail(&limiter, 1, at: 0)
            limiter.use(AttemptLimiter.Rule(maxAttempts: after, window: .seconds(60)))
            limiter.withdraw(someone)
            fail(&limiter, after, at: 100)
            #expect(blocked(limiter, at: 159) && !blocked(limiter, at: 230))
        }
    }

    @Test func `a customer's network counts as one`() throws {
        func key(_ text: String) throws -> AttemptKey? {
            let address: IPAddress = try #require(IPAddress(text))
            return .client(ClientAddress(address: address, isSecure: false, isForwarded: true))
        }
        #expect(try key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9"))
        #expect(try key("2001:db8:1:2::1") != key("2001:db8:1:3::1"))
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
    }
}

@Suite(.serialized) struct `Limits over the wire` {
    private let bad = #"{"username":"Ann","password":"wrong-1"}"#
    private let good = #"{"username":"Ann","password":"secret-1"}"#

    private func furnished(
        _ configuration: AuthConfiguration = AuthConfiguration()
    ) throws -> (harness: AuthHarness, ann: String, guest: String) {
        let (scratch, time) = (Scratch(), ManualClock())
        let (ann, guest) = try AuthHarness.furnish(scratch, at: time.now)
        return (try AuthHarness(configuration, scratch: scratch, time: time), ann, guest)
    }

    @Test func `the sixth bad login of a user waits, wherever it comes from`() async throws {
        let (harness, _, _) = try furnished()
        for index in 1...5 {
            #expect(try await harness.post("/auth/login", bad, from: "192.0.2.\(index)").status == 401)
        }
        let refused = try await harness.post("/auth/login", good, from: "192.0.2.9")
        #expect(refused.status == 429)
        #expect(refused.json == ["error": "Too many attempts; please wait and try again"])
        let wait = try #require(refused["Retry-After"].flatMap(Int.init))
        #expect((61...64).contains(wait))
        harness.time.advance(.seconds(wait))
        #expect(try await harness.post("/auth/login", good, from: "192.0.2.9").status == 200)
        await harness.stop()
    }

    @Test func `one address does not stop another`() async throws {
        let (harness, _, _) = try furnished()
        for index in 1...5 {
            let body = #"{"username":"user-\#(index)","password":"wrong-1"}"#
            #expect(try await harness.post("/auth/login", body, from: "192.0.2.1").status == 401)
        }
        #expect(try await harness.post("/auth/login", good, from: "192.0.2.1").status == 429)
        #expect(try await harness.post("/auth/login", good, from: "192.0.2.2").status == 200)
        await harness.stop()
    }

    @Test func `who is no proxy cannot speak for others`() async throws {
        let harness = try AuthHarness(proxies: TrustedProxies([]))
        for index in 1...5 {
            let body = #"{"username":"user-\#(index)","password":"wrong-1"}"#
            #expect(try await harness.post("/auth/login", body, from: "192.0.2.\(index)").status == 401)
        }
        let body = #"{"username":"user-6","password":"wrong-1"}"#
        #expect(try await harness.post("/auth/login", body, from: "192.0.2.6").status == 429)
        await harness.stop()
    }

    @Test func `many at once are counted like one after the other`() async throws {
        let (harness, _, _) = try furnished()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<40 {
                group.addTask { try await harness.post("/auth/login", bad, from: "192.0.2.\(index)").status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 401 } == 5)
        #expect(statuses.allSatisfy { $0 == 401 || $0 == 429 || $0 == 503 })
        await harness.stop()
    }

    @Test func `a device that knows a token gets in while others are kept out`() async throws {
        let (harness, ann, guest) = try furnished()
        for _ in 1...5 { _ = try await harness.post("/auth/login", bad, from: "192.0.2.1") }
        #expect(try await harness.post("/auth/login", good, from: "192.0.2.1").status == 429)
        #expect(try await harness.post("/auth/login", good, token: guest, from: "192.0.2.1").status == 429)
        #expect(try await harness.post("/auth/login", good, token: ann, from: "192.0.2.1").status == 200)
        for _ in 1...5 {
            #expect(try await harness.post("/auth/login", bad, token: ann, from: "192.0.2.3").status == 401)
        }
        #expect(try await harness.post("/auth/login", good, token: ann, from: "192.0.2.3").status == 429)
        await harness.stop()
    }

    @Test func `a mistyped password is forgotten with the right one`() async throws {
        let (harness, _, _) = try furnished()
        for _ in 1...3 {
            for _ in 1...4 { #expect(try await harness.post("/auth/login", bad, from: "192.0.2.1").status == 401) }
            #expect(try await harness.post("/auth/login", good, from: "192.0.2.1").status == 200)
        }
        await harness.stop()
    }

    @Test func `registrations and guests share a limit, and each attempt counts`() async throws {
        let (harness, _, _) = try furnished()
        for index in 1...5 {
            #expect(try await harness.post("/auth/guest", "{}", from: "192.0.2.1").status == 200)
            let body = #"{"username":"user-\#(index)","password":"x"}"#
            #expect(try await harness.post("/auth/register", body, from: "192.0.2.1").status == 400)
        }
        for path in ["/auth/guest", "/auth/register"] {
            let refused = try await harness.post(path, "no JSON", from: "192.0.2.1")
            #expect(refused.status == 429 && refused["Retry-After"] != nil)
        }
        #expect(try await harness.post("/auth/guest", "{}", from: "192.0.2.2").status == 200)
        #expect(try await harness.post("/auth/login", good, from: "192.0.2.1").status == 200)
        await harness.stop()
    }

    @Test func `a malformed login is no failure`() async throws {
        let (harness, _, _) = try furnished()
        for _ in 1...8 { #expect(try await harness.post("/auth/login", "{").status == 400) }
        #expect(try await harness.post("/auth/login", good).status == 200)
        await harness.stop()
    }

    @Test func `other rules hold from the next attempt on`() async throws {
        let (harness, _, _) = try furnished()
        var strict = AuthConfiguration()
        strict.loginRule.maxAttempts = 1
        strict.registration = .closed
        strict.tokenLifetime = .seconds(90)
        strict.scopes = { ["read:/new/\($0)"] }
        var notes: [CrossOrigin.Remark] = []
        strict.crossOrigin = try CrossOrigin(["https://new.example"], notes: &notes)
        await harness.service.use(strict)
        let page = try await harness.post("/auth/login", good, fields: [("Origin", "https://new.example")])
        #expect(page["Access-Control-Allow-Origin"] == "https://new.example")
        let me = try await harness.call("GET", "/auth/me", token: try Session(page).token).json
        #expect(me["scopes"] == ["read:/new/ann-1"])
        #expect(me["expires_at"]?.int == harness.time.now.seconds + 90)
        #expect(try await harness.post("/auth/guest", "{}")["Access-Control-Allow-Origin"] == nil)
        #expect(try await harness.post("/auth/login", bad).status == 401)
        #expect(try await harness.post("/auth/login", good).status == 429)
        let body = #"{"username":"Bob","password":"secret-1"}"#
        #expect(try await harness.post("/auth/register", body).status == 403)
        await harness.stop()
    }

    @Test func `guesses at the present password are counted too`() async throws {
        let (harness, ann, _) = try furnished()
        let body = #"{"password":"wrong-1","new_password":"secret-2"}"#
        for _ in 1...5 { #expect(try await harness.post("/auth/password", body, token: ann).status == 403) }
        let refused = try await harness.post("/auth/password", body, token: ann)
        #expect(refused.status == 429 && refused["Retry-After"] != nil)
        #expect(refused["Content-Type"] == "application/problem+json")
        #expect(try await harness.post("/auth/login", good).status == 200, "others' limits are their own")
        await harness.stop()
    }

    @Test func `sixty-four wait for a hash, and the next is sent away`() {
        let order = Monitor<[Int]>([])
        var turns = HashTurns(capacity: 2, maxWaiting: 64)
        #expect(turns.enter(nil) == .now && turns.enter(nil) == .now)
        for index in 0..<64 {
            #expect(turns.enter(nil) == .wait)
            turns.wait(nil) { order.withLock { $0.append(index) } }
        }
        #expect(turns.enter(nil) == .full)
        for _ in 0..<64 + 2 { turns.leave() }
        #expect(order.withLock { $0 } == Array(0..<64))
        #expect(turns.enter(nil) == .now && turns.enter(nil) == .now && turns.enter(nil) == .wait)
    }

    @Test(arguments: [(64, 16), (3, 1), (1, 1)])
    func `one client gets a quarter of the places`(places: Int, share: Int) {
        var turns = HashTurns(capacity: 1, maxWaiting: places)
        let one = AttemptKey.client(IPAddress(ipv4: 1))
        #expect(turns.enter(one) == .now)
        for _ in 0..<3 {
            for _ in 0..<share {
                #expect(turns.enter(one) == .wait)
                turns.wait(one) {}
            }
            #expect(turns.enter(one) == .full)
            for _ in 0..<share { turns.leave() }
        }
        for index in 0..<places {
            let other = AttemptKey.client(IPAddress(ipv4: UInt32(2 + index / share)))
            #expect(turns.enter(other) == .wait)
            turns.wait(other) {}
        }
        #expect(turns.enter(one) == .full && turns.waitingCount == places)
    }

    @Test func `right logins of one address leave places to others`() async throws {
        let (scratch, time) = (Scratch(), ManualClock())
        _ = try AuthHarness.furnish(scratch, at: time.now)
        let harness = try AuthHarness(scratch: scratch, time: time, parameters: .standard, workers: 1)
        let answers = try await withThrowingTaskGroup(of: (client: String, status: Int).self) { group in
            for index in 0..<28 {
                let client = index < 24 ? "192.0.2.1" : "192.0.2.2"
                group.addTask { (client, try await harness.post("/auth/login", good, from: client).status) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 200 || ($0.client == "192.0.2.1" && $0.status == 503) })
        #expect(answers.contains { $0.status == 503 })
        await harness.stop()
    }
}
