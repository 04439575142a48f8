import RelayTestKit
import Testing

@testable import RelayAuth

private let chat = "https://chat.example.com"

private func listed() throws -> AuthConfiguration {
    var configuration = AuthConfiguration()
    var notes: [CrossOrigin.Remark] = []
    configuration.crossOrigin = try CrossOrigin([chat, "http://localhost:5173/"], notes: &notes)
    return configuration
}

/// What a page of that origin asks before a request with JSON.
private func preflight(
    _ harness: AuthHarness, _ origin: String?, _ path: String = "/auth/login",
    headers: String? = "authorization,content-type"
) async throws -> HTTPCaller.Answer {
    var fields = [("Access-Control-Request-Method", "POST")]
    if let origin { fields.append(("Origin", origin)) }
    if let headers { fields.append(("Access-Control-Request-Headers", headers)) }
    return try await harness.call("OPTIONS", path, fields: fields)
}

@Suite(.serialized) struct `Pages of other origins` {
    @Test(arguments: ["https://chat.example.com", "http://localhost:5173"])
    func `a listed one may ask and read`(origin: String) async throws {
        let harness = try AuthHarness(try listed())
        for path in ["/auth/login", "/auth/register", "/auth/guest", "/auth/refresh", "/auth/me"] {
            let answer = try await preflight(harness, origin, path)
            #expect(answer.status == 200 && answer.content.isEmpty)
            #expect(answer["Access-Control-Allow-Origin"] == origin)
            #expect(answer["Access-Control-Allow-Methods"] == "POST, OPTIONS")
            #expect(answer["Access-Control-Allow-Headers"] == "authorization,content-type")
            #expect(answer["Access-Control-Allow-Credentials"] == nil)
            #expect(answer["Vary"] == "Origin, Access-Control-Request-Headers")
        }
        let answer = try await harness.post("/auth/login", "{", fields: [("Origin", origin)])
        #expect(answer.status == 400 && answer["Access-Control-Allow-Origin"] == origin)
        #expect(answer["Access-Control-Expose-Headers"] == "Retry-After" && answer["Vary"] == "Origin")
        #expect(try await harness.call("GET", "/auth/login", fields: [("Origin", origin)])["Vary"] == "Origin")
        await harness.stop()
    }

    @Test(arguments: [
        "https://chat.example.com.evil.example", "https://evil.example", "null", "http://chat.example.com",
        "https://chat.example.com:8443", "https://chat.example.com/", "https://CHAT.example.com", "*",
        "https://chat.example.co", "https://xchat.example.com",
    ])
    func `an unlisted one gets nothing`(origin: String) async throws {
        let harness = try AuthHarness(try listed())
        for answer in [
            try await preflight(harness, origin),
            try await harness.post("/auth/guest", "{}", fields: [("Origin", origin)]),
        ] {
            #expect(answer.status == 200)
            #expect(!answer.fields.contains { $0.name.lowercased().hasPrefix("access-control-") })
            #expect(answer["Vary"]?.hasPrefix("Origin") == true)
        }
        await harness.stop()
    }

    @Test func `without a list anybody may read, and nobody with credentials`() async throws {
        let harness = try AuthHarness()
        for origin in ["https://evil.example", "null", nil] {
            let answer = try await preflight(harness, origin)
            #expect(answer.status == 200 && answer["Access-Control-Allow-Origin"] == "*")
            #expect(answer["Access-Control-Allow-Methods"] == "*")
            #expect(answer["Access-Control-Allow-Headers"] == "authorization,content-type")
            #expect(answer["Access-Control-Allow-Credentials"] == nil)
        }
        #expect(try await preflight(harness, chat, headers: nil)["Access-Control-Allow-Headers"] == "*")
        #expect(try await preflight(harness, chat, "/auth/nothing").status == 404)
        await harness.stop()
    }

    @Test func `a list is put into the form that browsers send`() throws {
        var notes: [CrossOrigin.Remark] = []
        let policy = try CrossOrigin(
            ["https://Chat.example.com/", "http://a:80", "https://b:443", "https://c:8443", "http://[::1]:5173"],
            notes: &notes)
        #expect(
            policy.origins == [
                "http://[::1]:5173", "http://a", "https://b", "https://c:8443", "https://chat.example.com",
            ])
        #expect(notes.count == 3)
        #expect(CrossOrigin.any.origins == nil && CrossOrigin.any.isPermissive && !policy.isPermissive)
    }

    @Test(arguments: [
        "*", "null", "", "chat.example.com", "ftp://a", "https://", "https://a/b", "https://a?b", "https://a b",
        "https://*.example.com", "https://user@a",
    ])
    func `what is no origin is refused`(text: String) {
        var notes: [CrossOrigin.Remark] = []
        #expect(throws: CrossOrigin.Remark.self) { try CrossOrigin([text], notes: &notes) }
    }
}

@Suite(.serialized) struct `Cookies` {
    private func harness() throws -> AuthHarness {
        var configuration = try listed()
        configuration.cookie = SessionCookie()
        return try AuthHarness(configuration)
    }

    private let guest = #"{"user_id":"g-1"}"#

    @Test func `are given to pages of ours only`() async throws {
        let harness = try harness()
        let own = try await harness.post("/auth/guest", "{}", fields: [("Origin", chat)])
        let token = try Session(own).token
        #expect(
            own["Set-Cookie"] == "token=\(token); Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict")
        #expect(own["Access-Control-Allow-Credentials"] == "true")
        let same = "http://127.0.0.1:\(harness.caller.port)"
        #expect(try await harness.post("/auth/guest", "{}", fields: [("Origin", same)])["Set-Cookie"] != nil)
        let within = [("Sec-Fetch-Site", "same-origin")]
        #expect(try await harness.post("/auth/guest", "{}", fields: within)["Set-Cookie"] != nil)
        for fields in [
            [("Origin", "https://evil.example")], [("Origin", "null")], [], [("Sec-Fetch-Site", "cross-site")],
        ] {
            let answer = try await harness.post("/auth/guest", "{}", fields: fields)
            #expect(answer.status == 200 && answer["Set-Cookie"] == nil)
        }
        await harness.stop()
    }

    @Test func `sign in for requests of our pages, and for no others`() async throws {
        let harness = try harness()
        let token = try Session(try await harness.post("/auth/guest", guest)).token
        let cookie = ("Cookie", "a=b; token=\(token); c=d")
        #expect(try await harness.call("GET", "/auth/me", fields: [cookie]).json["user_id"] == "g-1")
        for origin in ["https://evil.example", "null"] {
            let answer = try await harness.post("/auth/logout", "", fields: [cookie, ("Origin", origin)])
            #expect(answer.status == 403)
            #expect(answer.complaint == "This request came from a page of another site")
        }
        #expect(try await harness.post("/auth/logout", "", fields: [cookie]).status == 403)
        #expect(try await harness.post("/auth/guest", guest, fields: [cookie]).status == 403)
        let refreshed = try await harness.post("/auth/refresh", "", fields: [cookie, ("Origin", chat)])
        #expect(refreshed.status == 200 && refreshed["Set-Cookie"]?.hasPrefix("token=\(token);") == true)
        let answer = try await harness.post("/auth/logout", "", fields: [cookie, ("Origin", chat)])
        #expect(answer.status == 204)
        #expect(answer["Set-Cookie"] == "token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict")
        #expect(try await harness.call("GET", "/auth/me", fields: [cookie]).status == 401)
        await harness.stop()
    }

    @Test func `two of a name are none, and Authorization goes first`() async throws {
        let harness = try harness()
        let token = try Session(try await harness.post("/auth/guest", guest)).token
        let twice = [("Cookie", "token=\(token); token=cpsk_x")]
        #expect(try await harness.call("GET", "/auth/me", fields: twice).status == 401)
        let cookie = [("Cookie", "token=\(token)")]
        #expect(try await harness.call("GET", "/auth/me", token: "cpsk_x", fields: cookie).status == 401)
        for field in ["Basic YTpi", "Bearer", "Bearer a b", token] {
            let fields = cookie + [("Authorization", field)]
            #expect(try await harness.call("GET", "/auth/me", fields: fields).status == 401)
        }
        #expect(try await harness.call("GET", "/auth/me", fields: [("Authorization", "bEARER \(token)")]).status == 200)
        await harness.stop()
    }

    @Test func `mean nothing where they are not asked for`() async throws {
        let harness = try AuthHarness(try listed())
        let answer = try await harness.post("/auth/guest", guest, fields: [("Origin", chat)])
        #expect(answer["Set-Cookie"] == nil)
        let cookie = [("Cookie", "token=\(try Session(answer).token)"), ("Origin", chat)]
        #expect(try await harness.post("/auth/logout", "", fields: cookie).status == 401)
        await harness.stop()
    }
}
