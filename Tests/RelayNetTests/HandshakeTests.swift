import Testing

@testable import RelayNet

@Suite struct HandshakeTests {
    static let server = Result { try EchoServer.start { $0.subprotocol = "clasp" } }
    static let strict = Result { try EchoServer.start { $0.originPolicy = .sameHost } }
    static let listed = Result { try EchoServer.start { $0.originPolicy = .only(["https://chat.example.com"]) } }

    private func ask(_ server: Result<EchoServer, any Error>, _ request: String) async throws -> String {
        let client = try await server.get().connect()
        client.send(Array(request.utf8))
        // A refusal ends the connection; an acceptance leaves it open, so the goodbye comes from here.
        let head = client.head()
        if head.hasPrefix("HTTP/1.1 101 ") { return head }
        return head + String(decoding: client.receiveAll(), as: UTF8.self)
    }

    private func request(
        _ start: String = "GET /x HTTP/1.1", without: String? = nil, _ extra: String...
    ) -> String {
        var fields = [
            "Host: relay.example.com:7330", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        ]
        if let without { fields.removeAll { $0.hasPrefix(without) } }
        return ([start] + fields + extra).joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test func `the answer to the RFC's own key is the RFC's own`() async throws {
        let answer = try await ask(Self.server, request())
        #expect(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(!answer.contains("Sec-WebSocket-Protocol"))
        #expect(!answer.contains("Sec-WebSocket-Extensions"))
    }

    @Test(arguments: ["clasp", "mqtt, clasp", "mqtt , clasp ,x", "x\r\nSec-WebSocket-Protocol: clasp"])
    func `our subprotocol is chosen when it is offered`(_ offer: String) async throws {
        let answer = try await ask(Self.server, request("GET / HTTP/1.1", "Sec-WebSocket-Protocol: \(offer)"))
        #expect(answer.contains("\r\nSec-WebSocket-Protocol: clasp\r\n"))
    }

    @Test(arguments: ["mqtt", "CLASP", "claspx", "clasp2, mqtt"])
    func `others are left unanswered and the connection accepted`(_ offer: String) async throws {
        let answer = try await ask(Self.server, request("GET / HTTP/1.1", "Sec-WebSocket-Protocol: \(offer)"))
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
        #expect(!answer.contains("Sec-WebSocket-Protocol"))
    }

    @Test(arguments: [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", "426"), ("Sec-WebSocket-Version", "X: y", "426"),
        ("Sec-WebSocket-Key", "X: y", "400"), ("Sec-WebSocket-Key", "Sec-WebSocket-Key: short", "400"),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=x", "400"),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBs*SBub25jZQ==", "400"),
        ("Connection", "Connection: keep-alive", "400"), ("Connection", "X: y", "400"), ("Host", "X: y", "400"),
        ("X", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "400"), ("X", "Sec-WebSocket-Version: 13", "426"),
        ("X", "Content-Length: 5", "400"), ("X", "Transfer-Encoding: chunked", "400"), ("X", "X : y", "400"),
        ("X", "X: y\r\n folded", "400"),
    ])
    func `a request that is not quite an upgrade is refused`(_ without: String, _ with: String, _ status: String)
        async throws
    {
        let answer = try await ask(Self.server, request("GET / HTTP/1.1", without: without, with))
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        if status == "426" { #expect(answer.contains("\r\nSec-WebSocket-Version: 13\r\n")) }
    }

    @Test(arguments: ["GET /health", "POST /", "OPTIONS /x", "GET /?a=b"])
    func `a plain request is a probe`(_ start: String) async throws {
        let answer = try await ask(Self.server, "\(start) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(
            answer
                == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
    }

    @Test func `HEAD gets no body, other methods no luck`() async throws {
        let head = try await ask(Self.server, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"))
        let put = try await ask(Self.server, "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(put.hasPrefix("HTTP/1.1 405 "))
        let nonsense = try await ask(Self.server, "\u{16}\u{3}\u{1} nonsense\r\n\r\n")
        #expect(
            nonsense.hasPrefix("HTTP/1.1 400 ") || nonsense.hasPrefix("HTTP/1.1 501 ")
                || nonsense.hasPrefix("HTTP/1.1 505 "))
    }

    @Test(
        arguments: [
            (nil, true), ("https://relay.example.com", true), ("http://relay.example.com:8080", true),
            ("https://RELAY.example.com", true), ("https://relay.example.com.evil.org", false), ("null", false),
            ("https://evil.org", false), ("https://evil.org/relay.example.com", false), ("relay.example.com", false),
        ] as [(String?, Bool)])
    func `pages of the same host only`(_ origin: String?, _ isAllowed: Bool) async throws {
        let extra = origin.map { "Origin: \($0)" } ?? "X: y"
        let answer = try await ask(Self.strict, request("GET / HTTP/1.1", extra))
        #expect(answer.hasPrefix(isAllowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 "))
    }

    @Test(arguments: [
        ("https://chat.example.com", true), ("https://chat.example.com.evil", false),
        ("http://chat.example.com", false),
        ("https://chat.example.com:444", false), ("null", false),
    ])
    func `pages of a list only`(_ origin: String, _ isAllowed: Bool) async throws {
        let answer = try await ask(Self.listed, request("GET / HTTP/1.1", "Origin: \(origin)"))
        #expect(answer.hasPrefix(isAllowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 "))
    }

    @Test func `a request may come byte by byte, with a message right behind it`() async throws {
        let client = try await Self.server.get().connect()
        client.send(Array(request().utf8) + text("early") + closing(), step: 1)
        let all = client.receiveAll()
        let text = String(decoding: all, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 101 "))
        #expect(all.suffix(4) == [0x88, 2, 3, 232])
        #expect(text.contains("early"))
    }

    @Test func `a request without end is refused`() async throws {
        let client = try await Self.server.get().connect()
        client.send(Array(("GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "y", count: 40_000)).utf8))
        #expect(client.head().hasPrefix("HTTP/1.1 431 "))
    }
}
