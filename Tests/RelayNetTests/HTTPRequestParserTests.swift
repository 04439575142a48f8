import Testing

@testable import RelayNet

private let smuggling: [(String, Int)] = [
    // Two lengths
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{0B}chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501),
    ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    // Lengths that are not numbers
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", 413),
    // Lines that end or fold in more than one way
    ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n", 400),
    ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    // Field names
    ("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX(Y): b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n\u{FC}: b\r\n\r\n", 400),
    // Field values
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{01}c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{7F}c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{0B}\r\n\r\n", 400),
    // Host
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    // Request line
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1,1\r\nHost: a\r\n\r\n", 400),
    ("GET / XTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /\r\n\r\n", 400),
    ("GET\r\n\r\n", 400),
    ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /\u{E4} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417),
]

private let accepted: [(text: String, method: HTTPMethod, path: String, query: String?, framing: BodyFraming)] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .get, "/", nil, .none),
    ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .get, "/", nil, .none),
    ("GET / HTTP/1.0\r\n\r\n", .get, "/", nil, .none),
    ("GET /a/b?c=d?e HTTP/1.1\r\nHost: a:7350\r\n\r\n", .get, "/a/b", "c=d?e", .none),
    ("GET /? HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", .get, "/", "", .none),
    ("GET http://b.c:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", .get, "/x", "y", .none),
    ("GET HTTP://b HTTP/1.1\r\nHost: a\r\n\r\n", .get, "/", nil, .none),
    ("GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n", .get, "/", "q", .none),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .options, "*", nil, .none),
    ("HEAD / HTTP/1.9\r\nHost:a\r\n\r\n", .head, "/", nil, .none),
    ("get / HTTP/1.1\r\nHost: a\r\n\r\n", .unknown, "/", nil, .none),
    ("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", .unknown, "/", nil, .none),
    ("POST / HTTP/1.1\r\nhOST: a\r\ncontent-LENGTH: 5\r\n\r\n", .post, "/", nil, .length(5)),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", .post, "/", nil, .none),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t 007 \r\n\r\n", .post, "/", nil, .length(7)),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", .post, "/", nil, .chunked),
    ("GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \u{E4}\t\u{FC}\r\n\r\n", .get, "/", nil, .none),
]

@Suite struct `The head of a request` {
    @Test(arguments: smuggling)
    func `is refused when two readers might disagree`(text: String, status: Int) {
        #expect(parseHead(text) == .failure(status))
    }

    @Test(arguments: accepted)
    func `is read as the RFC says`(
        text: String, method: HTTPMethod, path: String, query: String?, framing: BodyFraming
    ) throws {
        let parsed = try #require(head(text))
        #expect(parsed.method == method)
        #expect(parsed.path == path)
        #expect(parsed.query == query)
        #expect(parsed.framing == framing)
        if case .head(_, _, _, _, _, let consumed) = parseHead(text + "GET /next") {
            #expect(consumed == text.utf8.count)
        } else {
            Issue.record("no head when another request follows")
        }
    }

    @Test(arguments: smuggling.map(\.0) + accepted.map(\.text))
    func `is judged alike wherever it is cut`(text: String) {
        let octets = Array(text.utf8)
        let whole = parseHead(octets)
        for cut in 0...octets.count {
            #expect(parseHead(octets, cutAt: [cut]) == whole, "cut at \(cut)")
        }
        #expect(parseHead(octets, cutAt: 0...octets.count) == whole, "byte by byte")
    }

    @Test func `needs every one of its bytes`() {
        for (text, _, _, _, _) in accepted {
            let octets = Array(text.utf8)
            for end in 0..<octets.count { #expect(parseHead(Array(octets[..<end])) == .needMore) }
        }
    }

    @Test func `finds fields whatever their case, repeated ones in order`() throws {
        let parsed = try #require(
            head("GET / HTTP/1.1\r\nHost: a\r\nX-A: one\r\nx-a: two\r\nConnection: keep-alive, Upgrade\r\n\r\n"))
        #expect(parsed.value("x-a") == "one")
        #expect(parsed.values("X-a") == ["one", "two"])
        #expect(parsed.count(of: "X-A") == 2)
        #expect(parsed.value("x") == nil)
        #expect(parsed.lists("upgrade", in: "connection"))
        #expect(parsed.lists("KEEP-ALIVE", in: "connection"))
        #expect(!parsed.lists("up", in: "connection"))
        #expect(parsed.elements(of: "connection") == ["keep-alive", "Upgrade"])
        #expect(parsed.host == "a")
    }

    @Test func `takes the authority of an absolute target before Host`() throws {
        let parsed = try #require(head("GET http://b:81/x HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(parsed.host == "b:81")
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", true),
    ])
    func `says whether the connection goes on`(text: String, keepsAlive: Bool) throws {
        #expect(try #require(head(text)).keepsAlive == keepsAlive)
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n", true),
        ("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", false),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", false),
    ])
    func `says whether the peer waits for 100`(text: String, waits: Bool) throws {
        #expect(try #require(head(text)).expectsContinue == waits)
    }
}

@Suite struct `The limits of a head` {
    private let limits = {
        var limits = HTTPLimits()
        limits.maxRequestLineBytes = 40
        limits.maxHeaderBytes = 60
        limits.maxHeaderFields = 3
        return limits
    }()

    @Test(
        arguments: [
            ("GET /\(String(repeating: "a", count: 24)) HTTP/1.1\r\nHost: a\r\n\r\n", nil),
            ("GET /\(String(repeating: "a", count: 25)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("GET /\(String(repeating: "a", count: 500))", 414),
            (String(repeating: "G", count: 500), 414),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "b", count: 44))\r\n\r\n", nil),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "b", count: 45))\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "b", count: 500))", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\nY: c\r\n\r\n", nil),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\nY: c\r\nZ: d\r\n\r\n", 431),
        ] as [(String, Int?)])
    func `hold exactly and wherever the head is cut`(text: String, status: Int?) {
        let octets = Array(text.utf8)
        let whole = parseHead(octets, limits: limits)
        #expect(whole.status == status)
        for cut in 0...octets.count { #expect(parseHead(octets, cutAt: [cut], limits: limits) == whole) }
        #expect(parseHead(octets, cutAt: 0...octets.count, limits: limits) == whole)
    }
}
