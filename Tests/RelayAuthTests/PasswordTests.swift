import Testing

@testable import RelayAuth

@Suite(.serialized) struct `Passwords` {
    /// What the `argon2` program of the reference implementation prints for "correct horse" and the salt
    /// "saltsaltsaltsalt" with 19 MiB, two passes and one lane.
    private static let reference =
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is"

    private func matches(_ password: String, _ stored: String) throws -> Bool {
        guard let record = PasswordRecord(stored) else { return false }
        return try Argon2.matches(Array(password.utf8), record)
    }

    @Test func `a hash of the reference implementation verifies`() throws {
        #expect(try matches("correct horse", Self.reference))
        #expect(try !matches("correct hors", Self.reference))
        #expect(PasswordRecord(Self.reference)?.text == Self.reference)
    }

    @Test func `a hash is a PHC string with the parameters of today and a salt of its own`() async throws {
        let hasher = try PasswordHasher(workers: 1)
        let (one, other) = (try await hasher.hash([1, 2, 3, 4, 5, 6]), try await hasher.hash([1, 2, 3, 4, 5, 6]))
        #expect(one.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$") && one != other)
        #expect(try await hasher.verify([1, 2, 3, 4, 5, 6], against: one) == .right(isOutdated: false))
        #expect(try await hasher.verify([1, 2, 3, 4, 5, 7], against: one) == .wrong)
        #expect(try await hasher.verify([1, 2, 3, 4, 5, 6], against: nil) == .wrong)
        #expect(try await hasher.verify([1, 2, 3, 4, 5, 6], against: "plain") == .unreadable)
        hasher.close()
    }

    @Test(arguments: [
        "", "$", "plain", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=16$m=8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=8,t=1000000,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=8,t=1,p=200$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=7,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$t=1,m=8,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$!!!!",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg$",
        "$argon2id$v=19$m=-8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
    ])
    func `what is no hash, or one that would cost too much, is not tried`(_ text: String) {
        #expect(PasswordRecord(text) == nil)
    }

    @Test func `several lanes verify too`() throws {
        let parameters = Argon2Parameters(memoryKiB: 64, passes: 1, lanes: 4)
        let record = try Argon2.record(Array("secret".utf8), salt: Secret.bytes(16), parameters)
        #expect(try matches("secret", record.text))
    }

    @Test func `a login renews a hash whose parameters are outdated`() async throws {
        let (scratch, time) = (Scratch(), ManualClock())
        let old = Argon2Parameters(memoryKiB: 16, passes: 1, lanes: 1)
        let before = try AuthHarness(scratch: scratch, time: time, parameters: old)
        _ = try await before.register("Ann")
        await before.stop()
        let after = try AuthHarness(scratch: scratch, time: time)
        func stored() async throws -> String? { try await after.store.account(named: UserName("Ann"))?.passwordHash }
        #expect(try await stored()?.contains("m=16,") == true)
        _ = try await after.logIn("Ann")
        #expect(try await stored()?.contains("m=8,") == true)
        _ = try await after.logIn("Ann")
        await after.stop()
    }

    @Test func `one whose hash is outdated can be changed at once`() async throws {
        let (scratch, time) = (Scratch(), ManualClock())
        let old = Argon2Parameters(memoryKiB: 16, passes: 1, lanes: 1)
        let before = try AuthHarness(scratch: scratch, time: time, parameters: old)
        let session = try await before.register("Ann")
        await before.stop()
        let after = try AuthHarness(scratch: scratch, time: time)
        let body = #"{"password":"secret-1","new_password":"secret-2"}"#
        #expect(try await after.post("/auth/password", body, token: session.token).status == 204)
        #expect(try await after.logIn("Ann", "secret-2").id == session.id)
        await after.stop()
    }
}
