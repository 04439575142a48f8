import RelayJSON
import RelayTestKit
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `Getting in` {
    @Test func `a registration is a login`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register(" Zoë ")
        #expect(session.name == "Zoë")
        #expect(session.token.wholeMatch(of: /cpsk_[0-9a-f]{32}/) != nil)
        #expect(session.id.wholeMatch(of: /u-1800000000000-[0-9a-f]{8}/) != nil)
        guard case .granted(let grant) = harness.table().decide(session.token, at: harness.time.now) else {
            Issue.record("the relay does not know the token")
            return
        }
        #expect(grant.subject == session.id && grant.kind == .account)
        #expect(grant.scopes == ["read:/**", "write:/chat/user/\(session.id)/**"])
        #expect(grant.expiry == harness.time.now.advanced(by: .seconds(86_400)))
        await harness.stop()
    }

    @Test func `a name is found in any case and composition`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("Zoë")
        for name in ["zoë", "ZOË", "Zoe\u{308}", "  zoë "] {
            let again = try await harness.logIn(name)
            #expect(again.id == session.id && again.name == "Zoë")
        }
        let refused = try await harness.post("/auth/register", #"{"username":"zOE\u0308","password":"secret-2"}"#)
        #expect(refused.status == 409)
        await harness.stop()
    }

    @Test func `a name is one with joiners and without`() async throws {
        let harness = try AuthHarness()
        let session = try await harness.register("ad\u{200D}min")
        #expect(session.name == "ad\u{200D}min")
        #expect(try await harness.logIn("admin").id == session.id)
        for body in [
            #"{"username":"admin","password":"secret-2"}"#, #"{"username":"a\uFE0Fdmin","password":"secret-2"}"#,
        ] {
            #expect(try await harness.post("/auth/register", body).status == 409)
        }
        #expect(try await harness.post("/auth/guest", #"{"name":"Admin\u200c"}"#).status == 409)
        #expect(try await harness.post("/auth/guest", #"{"name":"\u200d\u200d"}"#).status == 400)
        await harness.stop()
    }

    @Test func `a guest comes with a name or without`() async throws {
        let harness = try AuthHarness()
        let named = try Session(try await harness.post("/auth/guest", #"{"name":" Ann ","user_id":"g-1"}"#))
        #expect(named.id == "g-1" && named.name == "Ann")
        let unnamed = try Session(try await harness.post("/auth/guest", #"{"user_id":"g-234567"}"#))
        #expect(unnamed.name == "guest-234567")
        let short = try Session(try await harness.post("/auth/guest", #"{"user_id":"abc"}"#))
        #expect(short.name == "guest-abc")
        await harness.stop()
    }
}
