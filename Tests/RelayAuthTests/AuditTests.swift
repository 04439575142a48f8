import RelayTestKit
import RelayThreads
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `The audit` {
    /// Everything that a search for a secret would look for.
    private func shapes(of secret: String) -> [String] {
        let bytes = Array(secret.utf8)
        return [
            secret, Secret.hex(bytes), PHCBase64.encode(bytes), TestSigning.base64url(bytes),
            bytes.map { "%" + Secret.hex([$0]) }.joined(),
        ]
    }

    @Test func `has a line with a fixed name for each decision, and no secret in any`() async throws {
        let harness = try AuthHarness()
        let password = "correct-horse-7"
        let ann = try await harness.register("Ann", password, id: "ann")
        let again = try await harness.logIn("Ann", password)
        // The everyday slip: a password where the name belongs.
        _ = try await harness.post("/auth/login", #"{"username":"\#(password)","password":"\#(password)"}"#)
        _ = try await harness.post("/auth/login", #"{"username":"Ann","password":"\#(password)-wrong"}"#)
        _ = try await harness.post("/auth/register", #"{"username":"Ann","password":"\#(password)"}"#)
        _ = try await harness.post("/auth/guest", #"{"user_id":"ann"}"#)
        let guest = try Session(try await harness.post("/auth/guest", #"{"user_id":"g-1"}"#))
        _ = try await harness.call("GET", "/auth/me", token: "cpsk_unknown")
        _ = try await harness.post("/auth/refresh", "", token: ann.token)
        _ = try await harness.post("/auth/refresh", "", token: "cpsk_unknown")
        let change = #"{"password":"\#(password)","new_password":"battery-staple-8"}"#
        _ = try await harness.post("/auth/password", change, token: again.token)
        _ = try await harness.post("/auth/password", change, token: again.token)
        _ = try await harness.post("/auth/logout", "", token: again.token)
        _ = try await harness.post("/auth/logout", "", token: again.token)
        await harness.stop()
        let lines = harness.lines.withLock { $0 }
        let names = [
            "auth.register.accepted", "auth.register.refused", "auth.login.accepted", "auth.login.refused",
            "auth.guest.accepted", "auth.guest.refused", "auth.refresh.accepted", "auth.refresh.refused",
            "auth.logout.accepted", "auth.logout.refused", "auth.password.accepted", "auth.password.refused",
            "auth.me.refused",
        ]
        for name in names { #expect(lines.contains { $0.contains(name) }, "\(name)") }
        #expect(lines.contains { $0.contains("auth.login.accepted") && $0.contains("ann") && $0.contains("127.0.0.1") })
        let log = lines.joined(separator: "\n")
        for secret in [password, "battery-staple-8", ann.token, again.token, guest.token] {
            for shape in shapes(of: secret) { #expect(!log.contains(shape), "\(shape)") }
            // Of tokens not even the part behind the prefix.
            #expect(!log.contains(secret.split(separator: "_").last ?? ""))
        }
    }

    @Test func `says why the store failed, once for each request`() async throws {
        let harness = try AuthHarness(failure: .failed(DatabaseError(code: 13, reason: "database or disk is full")))
        _ = try await harness.post("/auth/guest", "{}")
        await harness.stop()
        let lines = harness.lines.withLock { $0 }
        #expect(lines.count { $0.contains("auth.store.failed") && $0.contains("disk is full") } == 1)
        #expect(lines.contains { $0.contains("auth.guest.refused") && $0.contains("store") })
    }

    @Test func `counts what it decides, and from what it begins with`() async throws {
        let harness = try AuthHarness()
        func counts() async -> [String: UInt64] {
            let attempts = await harness.service.status().attempts
            return Dictionary(uniqueKeysWithValues: attempts.map { ("\($0.action) \($0.result)", $0.count) })
        }
        #expect(await counts().count == 9)
        #expect(await counts().allSatisfy { $0.value == 0 })
        let ann = try await harness.register("Ann", id: "ann")
        for password in ["secret-1"] + Array(repeating: "secret-2", count: 6) {
            _ = try await harness.post("/auth/login", #"{"username":"Ann","password":"\#(password)"}"#)
        }
        _ = try await harness.call("GET", "/auth/me", token: "cpsk_unknown")
        _ = try await harness.post("/auth/refresh", "", token: ann.token)
        let now = await counts()
        #expect(now["register success"] == 1 && now["login success"] == 1 && now["login failure"] == 5)
        #expect(now["login limited"] == 1 && now["me failure"] == 1 && now["refresh success"] == 1)
        let status = await harness.service.status()
        #expect(status.isConnected && status.isMigrated && status.tokens == 2 && status.hashQueue == 0)
        #expect(status.hashWait.count == 7)
        await harness.stop()
        let broken = try AuthHarness(failure: .busy)
        #expect(await !broken.service.status().isConnected)
        await broken.stop()
    }

    @Test func `the file holds no token and no password`() async throws {
        let harness = try AuthHarness()
        let ann = try await harness.register("Ann", "correct-horse-7")
        await harness.stop()
        var longest = 0
        var holdsAnn = false
        for name in try Scratch.names(in: harness.scratch.path) {
            let bytes = try PackageFiles.bytes(at: harness.scratch.file(name))
            // Most of it is room for later.
            let content = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
            longest = max(longest, bytes.count)
            holdsAnn = holdsAnn || content.contains("Ann")
            for shape in shapes(of: ann.token) + shapes(of: "correct-horse-7") {
                let isThere = content.contains(shape)
                #expect(!isThere, "\(name): \(shape)")
            }
        }
        // All of it has been read, and what is in it can be found.
        #expect(longest > 1 << 20)
        #expect(holdsAnn)
    }
}
