import RelayTestKit
import RelayThreads
import Testing

@testable import RelayAuth

/// What others do while a password is compared.
@Suite(.serialized) struct `Meanwhile` {
    private let old = Argon2Parameters(memoryKiB: 16, passes: 1, lanes: 1)

    /// A service with the account `ann`, which another process changes just before the first such call.
    private func harness(
        before call: Interruption.Call, parameters: Argon2Parameters = AuthHarness.cheap,
        _ change: @escaping @Sendable (UserDatabase) throws -> Void
    ) throws -> AuthHarness {
        let scratch = Scratch()
        let accounts = try UserDatabase(path: scratch.file("users.db"))
        _ = try accounts.addUser(
            "Ann", id: "ann", password: Array("secret-1".utf8), parameters: parameters,
            at: UnixTime(microseconds: ManualClock.start))
        let path = scratch.file("users.db")
        let isDue = Monitor(true)
        let interruption = Interruption { present in
            guard present == call,
                isDue.withLock({ isDue in
                    defer { isDue = false }
                    return isDue
                })
            else { return }
            #expect(throws: Never.self) { try change(try UserDatabase(path: path)) }
        }
        return try AuthHarness(scratch: scratch, interruption: interruption)
    }

    @Test func `who knew the old password gets no token after the new one`() async throws {
        let harness = try harness(before: .issue) {
            try $0.setPassword(of: "ann", Array("secret-2".utf8), parameters: AuthHarness.cheap)
        }
        let answer = try await harness.post("/auth/login", #"{"username":"Ann","password":"secret-1"}"#)
        #expect(answer.status == 401 && answer.complaint == "User name or password is wrong")
        #expect(harness.table().count == 0)
        #expect(try await harness.logIn("Ann", "secret-2").id == "ann")
        await harness.stop()
    }

    @Test func `who is deleted gets no token afterwards`() async throws {
        let harness = try harness(before: .issue) {
            _ = try $0.delete("ann", at: UnixTime(microseconds: ManualClock.start))
        }
        let answer = try await harness.post("/auth/login", #"{"username":"Ann","password":"secret-1"}"#)
        #expect(answer.status == 401 && answer.complaint == "User name or password is wrong")
        #expect(harness.table().count == 0)
        await harness.stop()
    }

    @Test func `two who log in with an outdated hash both get in`() async throws {
        let harness = try harness(before: .replaceHash, parameters: old) {
            let hash = try Argon2.record(Array("secret-1".utf8), salt: Secret.bytes(16), AuthHarness.cheap).text
            _ = try $0.replaceHash(of: "ann", nil, by: hash, revoking: false, keeping: nil)
        }
        #expect(try await harness.logIn("Ann").id == "ann")
        await harness.stop()
    }

    @Test func `a new password while an outdated hash is renewed keeps the old one out`() async throws {
        let harness = try harness(before: .replaceHash, parameters: old) {
            try $0.setPassword(of: "ann", Array("secret-2".utf8), parameters: AuthHarness.cheap)
        }
        await #expect(throws: Session.Refused.self) { try await harness.logIn("Ann") }
        #expect(harness.table().count == 0)
        #expect(try await harness.logIn("Ann", "secret-2").id == "ann")
        await harness.stop()
    }
}
