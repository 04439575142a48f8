import RelayLog
import RelayTestKit
import Testing

@Test(arguments: [
    ("cpsk_0123456789abcdef", "cpsk_…"), ("token is cap_eyJhbGciOi.x, done", "token is cap_…, done"),
    ("ent_0123456789", "ent_…"), ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here", "got … here"),
    ("Authorization: Bearer abc.def", "Authorization: …"), ("a bearer  abcdef1 b", "a bearer  … b"),
    ("Cookie: a=b; c=d\nHost: x", "Cookie: …\nHost: x"), ("with Bearer abc.def", "with Bearer …"),
    ("password=hunter2&x=1", "password=…&x=1"), (#"{"password": "a \"b\" c", "n": 1}"#, #"{"password": …, "n": 1}"#),
    (#"{\"password\":\"a b\",\"n\":1}"#, #"{\"password\":…,\"n\":1}"#),
    ("postgres://me:s3:c/r@t@db:5432/x", "postgres://…@db:5432/x"),
    ("GET /ws?token=abcdef&v=1", "GET /ws?token=…&v=1"), ("token%3Dabcdef", "token%3D…"),
    ("new_password = x", "new_password = …"), ("X-Auth-Token: 123", "X-Auth-Token: …"),
])
func `a secret is veiled where it stands`(text: String, expected: String) {
    #expect(Redaction.veiled(text) == expected)
}

@Test(arguments: [
    "", "client connected", "/chat/room/lobby", "event_type=stream", "recent_count=3", "https://example.com/a?b=c",
    "escape_room", "time=12:30:00", "a@b.example", "äöü 😀", "basic idea", "bearer of news",
])
func `an ordinary text stays as it is`(text: String) {
    #expect(Redaction.veiled(text) == text)
}

@Test func `no secret of ten thousand random lines is left readable`() {
    var random = SeededRandom(seed: 7)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    func word(_ length: Int) -> String {
        String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "x" })
    }
    let frames: [(String) -> String] = [
        { "cpsk_\($0)" }, { "xcpsk_\($0)" }, { "cap_\($0)" }, { "(ent_\($0))" }, { "eyJ\($0)YYYYY.\($0).\($0)" },
        { "Bearer \($0)" }, { "bearer%20\($0)" }, { "Basic \($0)" }, { "password=\($0)" }, { "Password: \($0)" },
        { #"{"password":"\#($0)"}"# }, { #"{"password" : "\#($0) \#($0)"}"# }, { #"{\"password\":\"\#($0)\"}"# },
        { #"{\\\"token\\\":\\\"\#($0)\\\"}"# }, { "https://\($0):\($0)@host/path" }, { "redis://:\($0)@host" },
        { "/ws?x=1&token=\($0)&y=2" }, { "access_token%3d\($0)" }, { "api_key='\($0)'" }, { "Cookie: a=b; sid=\($0)" },
        { "authorization: Bearer \($0)" },
        { "X-Api-Key: \($0)" }, { "client_secret=\($0)" }, { "pwd=\"\($0)\"" }, { "refreshToken = \($0)" },
        { "cpsk_a cpsk_\($0)" }, { "user[password]=\($0)" }, { "password2:\($0)" }, { "jwt=\($0)" },
    ]
    let noise = [
        "", "room=lobby ", "ü😀 ", "a=b&c=d ", "{\"x\":1} ", "%20%3D ", "://", "\\\" ", "token ", "eyJ ", "cap_ ",
    ]
    for _ in 0..<10_000 {
        let secret = word(Int.random(in: 16...64, using: &random))
        let frame = frames[Int.random(in: frames.indices, using: &random)]
        let line =
            (noise.randomElement(using: &random) ?? "") + frame(secret) + (noise.randomElement(using: &random) ?? "")
        let veiled = Redaction.veiled(line)
        #expect(!veiled.contains(secret), "\(line)")
    }
}

@Test func `random bytes never stop the redaction`() {
    var random = SeededRandom(seed: 8)
    let pieces = [
        "cpsk_", "eyJ", "Bearer ", "password", "=", ":", "\"", "\\", "%3", "://", "@", "'", "token", " ", "é",
    ]
    for _ in 0..<3_000 {
        let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        _ = Redaction.veiled(text.joined())
    }
}
