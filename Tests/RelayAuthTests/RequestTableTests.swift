import RelayJSON
import RelayTestKit
import Testing

@testable import RelayAuth

/// One request and its answer. Before each, `Ann` (id `ann-1`, password `secret-1`), `Broken` (whose stored hash is
/// none) and the guest `g-1` exist.
struct RequestCase: Sendable, CustomTestStringConvertible {
    enum Bearer: Sendable { case nobody, ann, guest, program, admin, signed, unknown }
    enum Setting: Sendable { case open, invite, closed, noGuests, listedOrigins, busy, failing }

    enum Expected: Sendable {
        /// `{"error": …}` or a problem with this text, and nothing else.
        case refusal(Int, String)
        /// Token, id and name; an id that ends with `*` is a beginning.
        case session(id: String, name: String)
        /// No content.
        case empty(Int)
        case object(JSONValue)
    }

    let name: String
    var method = "POST"
    let path: String
    var body: String?
    var bearer = Bearer.nobody
    var setting = Setting.open
    var fields: [(String, String)] = []
    let expected: Expected

    init(
        _ name: String, _ path: String, _ body: String?, _ expected: Expected, method: String = "POST",
        bearer: Bearer = .nobody, _ setting: Setting = .open
    ) {
        self.name = name
        self.path = path
        self.body = body
        self.expected = expected
        self.method = method
        self.bearer = bearer
        self.setting = setting
    }

    var testDescription: String { "\(path): \(name)" }
}

private let unreadable = "The request cannot be read"
private let needsCredentials = #"The request must be JSON with the texts "username" and "password""#
private let wrongLogin = "User name or password is wrong"
private let nameLength = "A user name has 2 to 32 characters"
private let passwordLength = "A password has at least 6 characters and at most 1024"
private let idRule = "A user id has 1 to 64 letters, digits, - or _"
private let invisible = "A user name may not contain invisible characters"

private func credentials(_ name: String, _ password: String, _ more: String = "") -> String {
    #"{"username":"\#(name)","password":"\#(password)"\#(more)}"#
}

private let registering: [RequestCase] = {
    let path = "/auth/register"
    func row(_ name: String, _ body: String?, _ expected: RequestCase.Expected) -> RequestCase {
        RequestCase(name, path, body, expected)
    }
    return [
        row("a new user", credentials("bob", "secret-2"), .session(id: "u-1800000000000-*", name: "bob")),
        row("with an id", credentials("bob", "secret-2", #","user_id":"b_-9""#), .session(id: "b_-9", name: "bob")),
        row("a blank id", credentials("bob", "secret-2", #","user_id":"  ""#), .session(id: "u-*", name: "bob")),
        row("a null id", credentials("bob", "secret-2", #","user_id":null"#), .session(id: "u-*", name: "bob")),
        row("unknown members", credentials("bob", "secret-2", #","x":[{}]"#), .session(id: "u-*", name: "bob")),
        row("white space", credentials(#" \tbob\u00a0 "#, "secret-2"), .session(id: "u-*", name: "bob")),
        row("other scripts", credentials("ユーザー名", "秘密の言葉"), .session(id: "u-*", name: "ユーザー名")),
        row("an emoji", credentials("👩‍🚀", "secret-2"), .session(id: "u-*", name: "👩‍🚀")),
        row("decomposed", credentials(#"Zoe\u0308"#, "secret-2"), .session(id: "u-*", name: "Zo\u{EB}")),
        row("two bytes", credentials("é", "secret-2"), .session(id: "u-*", name: "é")),
        row(
            "32 bytes", credentials(String(repeating: "x", count: 32), "secret-2"),
            .session(id: "u-*", name: String(repeating: "x", count: 32))),
        row("33 bytes", credentials(String(repeating: "x", count: 33), "secret-2"), .refusal(400, nameLength)),
        row(
            "33 bytes in 11 letters", credentials(String(repeating: "ユ", count: 11), "secret-2"),
            .refusal(400, nameLength)),
        row("one byte", credentials(" x ", "secret-2"), .refusal(400, nameLength)),
        row("an empty name", credentials("", "secret-2"), .refusal(400, nameLength)),
        row("a line feed inside", credentials(#"a\nb"#, "secret-2"), .refusal(400, invisible)),
        row("turned around", credentials(#"ab\u202ecd"#, "secret-2"), .refusal(400, invisible)),
        row("markup", credentials("<b>&amp;</b>", "secret-2"), .session(id: "u-*", name: "<b>&amp;</b>")),
        row("a short password", credentials("bob", "12345"), .refusal(400, passwordLength)),
        row("six bytes", credentials("bob", "ééé"), .session(id: "u-*", name: "bob")),
        row("1,024 bytes", credentials("bob", String(repeating: "p", count: 1_024)), .session(id: "u-*", name: "bob")),
        row("1,025 bytes", credentials("bob", String(repeating: "p", count: 1_025)), .refusal(400, passwordLength)),
        row("a slash in the id", credentials("bob", "secret-2", #","user_id":"a/b""#), .refusal(400, idRule)),
        row("a star as the id", credentials("bob", "secret-2", #","user_id":"*""#), .refusal(400, idRule)),
        row(
            "an id too long", credentials("bob", "secret-2", #","user_id":"\#(String(repeating: "i", count: 65))""#),
            .refusal(400, idRule)),
        row("an id of another script", credentials("bob", "secret-2", #","user_id":"é""#), .refusal(400, idRule)),
        row(
            "a number as the id", credentials("bob", "secret-2", #","user_id":7"#),
            .refusal(400, #"The request must be JSON with a text "user_id""#)),
        row("a known name", credentials("Ann", "secret-2"), .refusal(409, "This user name is already in use")),
        row(
            "a known name in another case", credentials("aNN", "secret-2"),
            .refusal(409, "This user name is already in use")),
        row(
            "a known id", credentials("bob", "secret-2", #","user_id":"ann-1""#),
            .refusal(409, "This user id is already in use")),
        row(
            "the id of a guest", credentials("bob", "secret-2", #","user_id":"g-1""#),
            .refusal(409, "This user id is in use by a guest")),
        row(
            "the operator's id", credentials("bob", "secret-2", #","user_id":"admin-bootstrap""#),
            .refusal(409, "This user id is in use by a guest")),
        row("no content", nil, .refusal(400, unreadable)),
        row("empty content", "", .refusal(400, unreadable)),
        row("no JSON", "username=bob", .refusal(400, unreadable)),
        row("half of it", #"{"username":"bob""#, .refusal(400, unreadable)),
        row("a list", #"["bob","secret-2"]"#, .refusal(400, unreadable)),
        row("too deep", String(repeating: "[", count: 5_000), .refusal(400, unreadable)),
        row("invalid UTF-8 by escape", #"{"username":"\ud800","password":"secret-2"}"#, .refusal(400, unreadable)),
        row("no name", #"{"password":"secret-2"}"#, .refusal(400, needsCredentials)),
        row("no password", #"{"username":"bob"}"#, .refusal(400, needsCredentials)),
        row("a number as the name", #"{"username":7,"password":"secret-2"}"#, .refusal(400, needsCredentials)),
        row("null as the password", #"{"username":"bob","password":null}"#, .refusal(400, needsCredentials)),
        row(
            "too large", credentials("bob", String(repeating: "p", count: 16_400)),
            .refusal(400, "The request is too large")),
        row(
            "far too large", credentials("bob", String(repeating: "p", count: 300_000)),
            .refusal(400, "The request is too large")),
        RequestCase(
            "the guest's own id", path, credentials("bob", "secret-2", #","user_id":"g-1""#),
            .session(id: "g-1", name: "bob"), bearer: .guest),
        RequestCase(
            "another's token for the guest's id", path, credentials("bob", "secret-2", #","user_id":"g-1""#),
            .refusal(409, "This user id is in use by a guest"), bearer: .ann),
        RequestCase(
            "a program's own id", path, credentials("bob", "secret-2", #","user_id":"robot-1""#),
            .refusal(409, "This user id is in use by a guest"), bearer: .program),
        RequestCase("closed", path, credentials("bob", "secret-2"), .refusal(403, "Registration is closed"), .closed),
        RequestCase(
            "without the invite", path, credentials("bob", "secret-2"),
            .refusal(403, "Registration needs a valid invite"), .invite),
        RequestCase(
            "with a wrong invite", path, credentials("Ann", "secret-2", #","invite":"inv_0""#),
            .refusal(403, "Registration needs a valid invite"), .invite),
        RequestCase(
            "a busy store", path, credentials("bob", "secret-2"),
            .refusal(503, "Too busy right now; please try again"), .busy),
        RequestCase(
            "a broken store", path, credentials("bob", "secret-2"),
            .refusal(500, "Accounts are not available right now"), .failing),
        RequestCase("another method", path, nil, .empty(405), method: "GET"),
        RequestCase("an unknown route", "/auth/registers", "{}", .empty(404)),
        RequestCase("a slash too many", "/auth/register/", "{}", .empty(404)),
    ]
}()

private let loggingIn: [RequestCase] = {
    let path = "/auth/login"
    func row(_ name: String, _ body: String?, _ expected: RequestCase.Expected) -> RequestCase {
        RequestCase(name, path, body, expected)
    }
    return [
        row("right", credentials("Ann", "secret-1"), .session(id: "ann-1", name: "Ann")),
        row("in another case", credentials(" aNN ", "secret-1"), .session(id: "ann-1", name: "Ann")),
        row("a wrong password", credentials("Ann", "secret-2"), .refusal(401, wrongLogin)),
        row("a password in another case", credentials("Ann", "SECRET-1"), .refusal(401, wrongLogin)),
        row("a password with more behind", credentials("Ann", #"secret-1\u0000"#), .refusal(401, wrongLogin)),
        row("an unknown user", credentials("bob", "secret-1"), .refusal(401, wrongLogin)),
        row(
            "a name that cannot be", credentials(String(repeating: "x", count: 5_000), "secret-1"),
            .refusal(401, wrongLogin)),
        row("a password that cannot be", credentials("Ann", "x"), .refusal(401, wrongLogin)),
        row(
            "a password too long", credentials("Ann", String(repeating: "p", count: 1_025)),
            .refusal(401, wrongLogin)),
        row("an injection", credentials("Ann' OR '1'='1", "secret-1"), .refusal(401, wrongLogin)),
        row("no JSON", "{", .refusal(400, unreadable)),
        row("a list as the name", #"{"username":[],"password":"secret-1"}"#, .refusal(400, needsCredentials)),
        row(
            "too large", credentials("Ann", String(repeating: "p", count: 17_000)),
            .refusal(400, "The request is too large")),
        row(
            "an unreadable hash", credentials("Broken", "secret-1"),
            .refusal(500, "This account cannot sign in; ask for help")),
        RequestCase(
            "a busy store", path, credentials("Ann", "secret-1"),
            .refusal(503, "Too busy right now; please try again"), .busy),
        RequestCase(
            "a broken store", path, credentials("Ann", "secret-1"),
            .refusal(500, "Accounts are not available right now"), .failing),
        RequestCase("another method", path, "{}", .empty(405), method: "PUT"),
    ]
}()

private let visiting: [RequestCase] = {
    let path = "/auth/guest"
    func row(_ name: String, _ body: String?, _ expected: RequestCase.Expected) -> RequestCase {
        RequestCase(name, path, body, expected)
    }
    return [
        row("nothing said", "{}", .session(id: "u-*", name: "guest-*")),
        row("a name", #"{"name":" Bo "}"#, .session(id: "u-*", name: "Bo")),
        row("a blank name", #"{"name":" ","user_id":"x-123456"}"#, .session(id: "x-123456", name: "guest-123456")),
        row("a short id", #"{"user_id":"x"}"#, .session(id: "x", name: "guest-x")),
        row("nulls", #"{"name":null,"user_id":null}"#, .session(id: "u-*", name: "guest-*")),
        row("a bad id", #"{"user_id":"a b"}"#, .refusal(400, idRule)),
        row("a number as the name", #"{"name":1}"#, .refusal(400, #"The request must be JSON with a text "name""#)),
        row(
            "a name too long", #"{"name":"\#(String(repeating: "n", count: 129))"}"#,
            .refusal(400, "This name is too long")),
        row("an invisible name", #"{"name":"a\u200bb"}"#, .refusal(400, invisible)),
        row(
            "a user's id", #"{"user_id":"ann-1"}"#,
            .refusal(409, "This id belongs to a registered user; please sign in")),
        row(
            "a user's name", #"{"name":"ANN"}"#,
            .refusal(409, "This name belongs to a registered user; sign in or choose another")),
        row("another guest's id", #"{"user_id":"g-1"}"#, .refusal(409, "This id is in use by another guest")),
        RequestCase(
            "one's own id", path, #"{"user_id":"g-1","name":"Bo"}"#, .session(id: "g-1", name: "Bo"),
            bearer: .guest),
        RequestCase(
            "a token that is none", path, #"{"user_id":"g-1"}"#,
            .refusal(409, "This id is in use by another guest"), bearer: .unknown),
        RequestCase(
            "a program's own id", path, #"{"user_id":"robot-1"}"#,
            .refusal(409, "This id is in use by another guest"), bearer: .program),
        row("no content", nil, .refusal(400, unreadable)),
        RequestCase("not admitted", path, "{}", .refusal(403, "Guests are not admitted; please sign in"), .noGuests),
        RequestCase("a broken store", path, "{}", .refusal(500, "Accounts are not available right now"), .failing),
    ]
}()

private let staying: [RequestCase] = [
    RequestCase(
        "a user", "/auth/me", nil,
        .object([
            "user_id": "ann-1", "username": "Ann", "kind": "account",
            "scopes": ["read:/**", "write:/chat/user/ann-1/**"], "expires_at": 1_800_086_400,
        ]), method: "GET", bearer: .ann),
    RequestCase(
        "the operator", "/auth/me", nil,
        .object([
            "user_id": "admin-bootstrap", "username": "admin-bootstrap", "kind": "admin", "scopes": ["admin:/**"],
            "expires_at": nil,
        ]), method: "GET", bearer: .admin),
    RequestCase(
        "a signed token", "/auth/me", nil,
        .object([
            "user_id": "robot", "username": "robot", "kind": "signed", "scopes": ["read:/a/**"],
            "expires_at": 1_800_000_060,
        ]), method: "GET", bearer: .signed),
    RequestCase("no token", "/auth/me", nil, .refusal(401, "Please sign in"), method: "GET"),
    RequestCase("a wrong token", "/auth/me", nil, .refusal(401, "Please sign in"), method: "GET", bearer: .unknown),
    RequestCase("another method", "/auth/me", "{}", .empty(405)),
    RequestCase(
        "nothing to extend", "/auth/refresh", nil,
        .object([
            "user_id": "ann-1", "username": "Ann", "expires_at": 1_800_086_400,
        ]), bearer: .ann),
    RequestCase("no token", "/auth/refresh", nil, .refusal(401, "Please sign in")),
    RequestCase(
        "the operator's", "/auth/refresh", nil,
        .refusal(403, "This token is not extended; please ask for a new one"), bearer: .admin),
    RequestCase(
        "a signed one", "/auth/refresh", nil,
        .refusal(403, "This token is not extended; please ask for a new one"), bearer: .signed),
    RequestCase("a user", "/auth/logout", nil, .empty(204), bearer: .ann),
    RequestCase("everywhere", "/auth/logout", #"{"all":true}"#, .empty(204), bearer: .ann),
    RequestCase("a guest", "/auth/logout", "{}", .empty(204), bearer: .guest),
    RequestCase("a program", "/auth/logout", "{}", .empty(204), bearer: .program),
    RequestCase(
        "a program everywhere", "/auth/logout", #"{"all":true}"#, .refusal(403, "This token can only end itself"),
        bearer: .program),
    RequestCase("no JSON", "/auth/logout", "all", .refusal(400, unreadable), bearer: .ann),
    RequestCase("no token", "/auth/logout", nil, .refusal(401, "Please sign in")),
    RequestCase(
        "the operator's", "/auth/logout", nil, .refusal(403, "Only its issuer can revoke this token"),
        bearer: .admin),
    RequestCase(
        "changed", "/auth/password", #"{"password":"secret-1","new_password":"secret-9"}"#, .empty(204),
        bearer: .ann),
    RequestCase(
        "a wrong one", "/auth/password", #"{"password":"secret-3","new_password":"secret-9"}"#,
        .refusal(403, "The current password is wrong"), bearer: .ann),
    RequestCase(
        "one that cannot be", "/auth/password", #"{"password":"x","new_password":"secret-9"}"#,
        .refusal(403, "The current password is wrong"), bearer: .ann),
    RequestCase(
        "a new one too short", "/auth/password", #"{"password":"secret-1","new_password":"x"}"#,
        .refusal(400, passwordLength), bearer: .ann),
    RequestCase(
        "a member missing", "/auth/password", #"{"password":"secret-1"}"#,
        .refusal(400, #"The request must be JSON with the texts "password" and "new_password""#), bearer: .ann),
    RequestCase(
        "a guest", "/auth/password", #"{"password":"secret-1","new_password":"secret-9"}"#,
        .refusal(403, "Only registered users have a password"), bearer: .guest),
    RequestCase("no token", "/auth/password", "{}", .refusal(401, "Please sign in")),
]

@Suite(.serialized) struct `The table of requests` {
    @Test func `is long enough`() {
        #expect(registering.count + loggingIn.count + visiting.count + staying.count >= 100)
    }

    @Test(arguments: registering + loggingIn + visiting + staying)
    func `gets the exact answer`(_ row: RequestCase) async throws {
        let signing = try TestSigning()
        let admin = Secret.token()
        let record = TokenRecord(
            digest: TokenDigest(of: admin), kind: .admin, subject: AdminToken.subject, name: AdminToken.subject,
            scopes: ScopeList(AdminToken.scopes), created: UnixTime(seconds: 0), expiry: nil)
        let (scratch, time) = (Scratch(), ManualClock())
        let (ann, guest) = try AuthHarness.furnish(scratch, at: time.now)
        let program = try AuthHarness.issue(
            .issued, "robot-1", "robot-1", in: try UserDatabase(path: scratch.file("users.db")), at: time.now)
        let harness = try AuthHarness(
            configuration(row.setting), scratch: scratch, time: time, admin: record, keys: signing.keys,
            failure: failure(row.setting))
        let token: String? =
            switch row.bearer {
            case .nobody: nil
            case .ann: ann
            case .guest: guest
            case .program: program
            case .admin: admin
            case .signed: signing.token(#"{"sub":"robot","aud":"clasp-relay","exp":1800000060,"scope":"read:/a/**"}"#)
            case .unknown: Secret.token()
            }
        let answer = try await harness.call(row.method, row.path, row.body, token: token)
        check(answer, row)
        let documented = try SchemaCheck(try await harness.call("GET", OpenAPI.path).content)
        if answer.status != 404, answer.status != 405 {
            #expect(documented.fault(of: answer, to: row.method, row.path) == nil)
        }
        #expect(answer["Cache-Control"] == "no-store")
        await harness.stop()
    }

    private func configuration(_ setting: RequestCase.Setting) -> AuthConfiguration {
        var configuration = AuthConfiguration()
        switch setting {
        case .closed: configuration.registration = .closed
        case .invite: configuration.registration = .invite
        case .noGuests: configuration.admitsGuests = false
        default: break
        }
        return configuration
    }

    private func failure(_ setting: RequestCase.Setting) -> StoreFailure? {
        switch setting {
        case .busy: .busy
        case .failing: .failed(DatabaseError(code: 13, reason: "database or disk is full"))
        default: nil
        }
    }

    private func check(_ answer: HTTPCaller.Answer, _ row: RequestCase) {
        switch row.expected {
        case .refusal(let status, let text):
            #expect(answer.status == status)
            if ["/auth/register", "/auth/login", "/auth/guest"].contains(row.path) {
                #expect(answer.json == ["error": .string(text)])
                #expect(answer["Content-Type"] == "application/json")
            } else {
                #expect(answer.json["detail"] == .string(text) && answer.json["status"] == .int(Int64(status)))
                #expect(answer["Content-Type"] == "application/problem+json")
                #expect((answer["WWW-Authenticate"] == "Bearer") == (status == 401))
            }
            #expect((answer["Retry-After"] != nil) == (status == 503))
        case .session(let id, let name):
            #expect(answer.status == 200)
            let members = answer.json.object ?? []
            #expect(members.map(\.key) == ["token", "user_id", "username"])
            #expect(answer.json["token"]?.string?.wholeMatch(of: /cpsk_[0-9a-f]{32}/) != nil)
            #expect(Self.fits(answer.json["user_id"]?.string, id))
            #expect(Self.fits(answer.json["username"]?.string, name))
        case .empty(let status):
            #expect(answer.status == status && answer.content.isEmpty)
        case .object(let json):
            #expect(answer.status == 200 && answer.json == json)
        }
    }

    /// By bytes: `String` would take a decomposed name for the composed one.
    private static func fits(_ text: String?, _ expected: String) -> Bool {
        guard let text else { return false }
        if expected.hasSuffix("*") { return text.hasPrefix(expected.dropLast()) }
        return text.utf8.elementsEqual(expected.utf8)
    }
}

extension AuthHarness {
    /// Puts the people of the table into the file, as the command line would.
    static func furnish(_ scratch: Scratch, at now: UnixTime) throws -> (ann: String, guest: String) {
        let database = try UserDatabase(path: scratch.file("users.db"))
        let hash = try Argon2.record(Array("secret-1".utf8), salt: Secret.bytes(16), cheap).text
        try database.add(
            Account(id: "ann-1", username: "Ann", passwordHash: hash, created: now), named: UserName("Ann"))
        try database.add(
            Account(id: "broken-1", username: "Broken", passwordHash: "$2y$12$x", created: now),
            named: UserName("Broken"))
        let ann = try issue(.account, "ann-1", "Ann", in: database, at: now)
        return (ann, try issue(.guest, "g-1", "Guest", in: database, at: now))
    }

    static func issue(
        _ kind: TokenKind, _ id: String, _ name: String, in database: UserDatabase, at now: UnixTime
    ) throws -> String {
        let token = Secret.token()
        _ = try database.issue(
            TokenRecord(
                digest: TokenDigest(of: token), kind: kind, subject: id, name: name,
                scopes: ScopeList(["read:/**", "write:/chat/user/\(id)/**"]), created: now,
                expiry: now.advanced(by: .seconds(86_400))))
        return token
    }
}
