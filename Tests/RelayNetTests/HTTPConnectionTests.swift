import Testing

@testable import RelayNet

private struct Counting: HTTPBodySource {
    var left: Int
    var breaks = false
    mutating func next(upTo maxBytes: Int) -> [UInt8]? {
        let count = min(left, maxBytes)
        left -= count
        if left == 0 && breaks { return nil }
        return Array(repeating: UInt8(ascii: "x"), count: count)
    }
}

private func site(_ limits: HTTPLimits = HTTPLimits(), observe: (@Sendable (HTTPExchange) -> Void)? = nil) -> HTTPSite {
    HTTPSite(router: routes(), limits: limits, observe: observe)
}

private func routes() -> Router {
    var router = Router()
    router.on(.get, "/a") { _ in .text("alpha") }
    router.on(.get, "/b") { _ in .text("beta") }
    router.on(.post, "/echo", body: .upTo(64)) { .text(String(decoding: $0.content, as: UTF8.self)) }
    router.on(.post, "/told", body: .upTo(4, tellsHandler: true)) {
        .text($0.isTooLarge ? "told" : "fits", .badRequest)
    }
    router.on(.post, "/must", body: .upTo(64, required: true)) { _ in .text("ok") }
    router.on(.get, "/rooms/{id}/members/{who}") {
        .text(($0.captures["id"] ?? "") + "+" + ($0.captures["who"] ?? ""))
    }
    router.on(.get, "/later", later: { _ in .text("late") })
    router.on(.get, "/stream") { _ in HTTPResponse(.ok, content: .stream(Counting(left: 200_000), length: nil)) }
    router.on(.get, "/known") { _ in HTTPResponse(.ok, content: .stream(Counting(left: 200_000), length: 200_000)) }
    router.on(.get, "/broken") { _ in
        HTTPResponse(.ok, content: .stream(Counting(left: 10, breaks: true), length: 10))
    }
    router.on(.get, "/short") { _ in HTTPResponse(.ok, content: .stream(Counting(left: 5), length: 10)) }
    router.on(.get, "/long") { _ in HTTPResponse(.ok, content: .stream(Counting(left: 15), length: 10)) }
    router.on(.get, "/evil") { _ in HTTPResponse(.ok).with("X-Name", "a\r\nSet-Cookie: b\0").with("Content-Length", "9")
    }
    router.on(.get, "/none") { _ in HTTPResponse(.noContent, content: .octets([1, 2, 3])) }
    return router
}

@Suite struct `An HTTP connection` {
    @Test func `answers with a date, a length and the content`() {
        let wire = HTTPWire(site())
        wire.send(get("/a"))
        #expect(
            wire.text == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nalpha")
        #expect(wire.connection.end == nil)
    }

    @Test func `answers pipelined requests in order, cut anywhere`() {
        let text =
            get("/a") + "POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 4\r\n\r\nbody" + get("/missing")
            + "POST /echo HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get("/b")
        let whole = HTTPWire(site())
        whole.send(text)
        #expect(whole.statuses == [200, 200, 404, 200, 200])
        #expect(whole.content == "beta")
        let octets = Array(text.utf8)
        for cut in 0...octets.count {
            let wire = HTTPWire(site())
            wire.send(Array(octets[..<cut]))
            wire.send(Array(octets[cut...]))
            #expect(wire.text == whole.text, "cut at \(cut)")
        }
        let slow = HTTPWire(site())
        for octet in octets { slow.send([octet]) }
        #expect(slow.text == whole.text)
    }

    @Test(arguments: [
        (get("/missing"), 404, false),
        ("DELETE /a HTTP/1.1\r\nHost: r\r\n\r\n", 405, false),
        ("PROPFIND /a HTTP/1.1\r\nHost: r\r\n\r\n", 501, false),
        ("TRACE /a HTTP/1.1\r\nHost: r\r\n\r\n", 501, false),
        ("POST /missing HTTP/1.1\r\nHost: r\r\nContent-Length: 3\r\n\r\nabc", 404, true),
        ("POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 65\r\n\r\n", 413, true),
        ("POST /echo HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n", 413, true),
        ("POST /echo HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, true),
        ("POST /must HTTP/1.1\r\nHost: r\r\n\r\n", 411, false),
        ("POST /must HTTP/1.1\r\nHost: r\r\nContent-Length: 0\r\n\r\n", 200, false),
        ("POST /told HTTP/1.1\r\nHost: r\r\nContent-Length: 5\r\n\r\n", 400, true),
        ("POST /told HTTP/1.1\r\nHost: r\r\nContent-Length: 2\r\n\r\nab", 400, false),
        ("GET /a HTTP/1.1\r\nHost: r\r\nX: \(String(repeating: "y", count: 20_000))\r\n\r\n", 431, true),
        ("GET /\(String(repeating: "y", count: 10_000)) HTTP/1.1\r\nHost: r\r\n\r\n", 414, true),
        ("GET /a HTTP/1.1\r\n\r\n", 400, true),
        ("GET /a HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n", 200, true),
        ("GET /a HTTP/1.0\r\n\r\n", 200, true),
        ("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, false),
        ("GET /%2e%2e/a HTTP/1.1\r\nHost: r\r\n\r\n", 404, false),
    ])
    func `answers with the status that belongs`(text: String, status: Int, ends: Bool) {
        let wire = HTTPWire(site())
        wire.send(text)
        #expect(wire.statuses == [status])
        #expect((wire.connection.end == .finish) == ends)
        #expect((wire.field("connection") == "close") == ends)
    }

    @Test func `says which methods a path has`() {
        let wire = HTTPWire(site())
        wire.send("DELETE /a HTTP/1.1\r\nHost: r\r\n\r\n")
        #expect(wire.field("allow") == "GET, HEAD, OPTIONS")
        wire.send("OPTIONS /echo HTTP/1.1\r\nHost: r\r\n\r\n")
        #expect(wire.field("allow") == "POST, OPTIONS")
        wire.send("OPTIONS * HTTP/1.1\r\nHost: r\r\n\r\n")
        #expect(wire.statuses == [405, 204, 204])
    }

    @Test func `answers HEAD like GET, without the content`() {
        let wire = HTTPWire(site())
        wire.send("HEAD /a HTTP/1.1\r\nHost: r\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: r\r\n\r\n" + get("/b"))
        #expect(wire.statuses == [200, 200, 200])
        #expect(wire.text.contains("Content-Length: 5\r\n\r\nHTTP/1.1"))
        #expect(wire.text.contains("Transfer-Encoding: chunked\r\n\r\nHTTP/1.1"))
    }

    @Test func `sends 100 only when it waits for content it will take`() {
        let expecting = "POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        let wire = HTTPWire(site())
        wire.send(expecting)
        #expect(wire.text == "HTTP/1.1 100 Continue\r\n\r\n")
        wire.send("ab")
        #expect(wire.statuses == [100, 200])
        let early = HTTPWire(site())
        early.send(expecting + "ab")
        #expect(early.statuses == [200])
        let large = HTTPWire(site())
        large.send("POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n")
        #expect(large.statuses == [413])
    }

    @Test func `fills captures, decoded`() {
        let wire = HTTPWire(site())
        wire.send(get("/rooms/a%20b/members/%7Bid%7D"))
        #expect(wire.content == "a b+{id}")
    }

    @Test func `keeps what comes from others inside its field`() {
        let wire = HTTPWire(site())
        wire.send(get("/evil"))
        #expect(wire.text.contains("X-Name: a  Set-Cookie: b \r\n"))
        #expect(wire.field("content-length") == "0")
    }

    @Test func `sends no content where none is allowed`() {
        let wire = HTTPWire(site())
        wire.send(get("/none") + get("/a"))
        #expect(wire.statuses == [204, 200])
        #expect(wire.content == "alpha")
    }

    @Test func `streams in chunks, only as fast as the peer takes them`() {
        let wire = HTTPWire(site())
        wire.send(get("/stream") + get("/a"))
        #expect(wire.connection.awaitsDrain)
        #expect(wire.octets.count < 140_000)
        wire.drain()
        #expect(wire.statuses == [200, 200])
        #expect(wire.text.count { $0 == "x" } == 200_000 + 1, "the type of the last answer has one more")
        #expect(wire.text.contains("0\r\n\r\nHTTP/1.1 200"))
    }

    @Test func `streams a known length as it is`() {
        let wire = HTTPWire(site())
        wire.send(get("/known"))
        wire.drain()
        #expect(wire.field("content-length") == "200000")
        #expect(wire.content.count == 200_000)
        #expect(wire.connection.end == nil)
    }

    @Test func `streams to HTTP 1.0 up to the end of the connection`() {
        let wire = HTTPWire(site())
        wire.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        wire.drain()
        #expect(wire.content.count == 200_000)
        #expect(wire.field("connection") == "close")
        #expect(wire.connection.end == .finish)
    }

    @Test(arguments: ["/broken", "/short", "/long"])
    func `cuts the connection when a stream breaks its promise`(path: String) {
        let wire = HTTPWire(site())
        wire.send(get(path))
        wire.drain()
        // A source that would go on is not asked beyond the length it announced.
        #expect(wire.connection.end == (path == "/long" ? nil : .abort))
        if path == "/long" { #expect(wire.content.count == 10) }
    }

    @Test func `waits for a late answer and keeps the order`() throws {
        let wire = HTTPWire(site())
        wire.send(get("/later") + get("/a"))
        #expect(wire.text.isEmpty)
        let call = try #require(wire.connection.takeCall())
        wire.connection.complete(call.serial &+ 1, .text("wrong"), at: wire.now)
        wire.connection.complete(call.serial, .text("late"), at: wire.now)
        wire.connection.complete(call.serial, .text("twice"), at: wire.now)
        wire.collect()
        #expect(wire.statuses == [200, 200])
        #expect(wire.text.contains("late") && !wire.text.contains("wrong") && !wire.text.contains("twice"))
        #expect(wire.content == "alpha")
    }

    @Test func `stops taking input while an answer is due`() throws {
        let wire = HTTPWire(site())
        wire.send(get("/later"))
        #expect(wire.connection.wantsInput)
        wire.send(String(repeating: get("/a"), count: 300))
        #expect(!wire.connection.wantsInput)
        let call = try #require(wire.connection.takeCall())
        wire.connection.complete(call.serial, .text("late"), at: wire.now)
        wire.collect()
        wire.drain()
        #expect(wire.statuses.count == 301)
        #expect(wire.connection.wantsInput)
    }

    @Test func `does not answer faster than the peer takes`() {
        let wire = HTTPWire(site())
        wire.send(String(repeating: get("/known"), count: 4))
        #expect(wire.octets.count < 140_000)
        wire.drain()
        #expect(wire.statuses.count == 4)
    }

    @Test func `answers what was asked before the peer shut its side`() throws {
        let wire = HTTPWire(site())
        wire.send(get("/later") + get("/a"))
        wire.connection.endInput(at: wire.now)
        #expect(wire.connection.end == nil)
        let call = try #require(wire.connection.takeCall())
        wire.connection.complete(call.serial, .text("late"), at: wire.now)
        wire.collect()
        #expect(wire.statuses == [200, 200])
        #expect(wire.connection.end == .finish)
    }

    @Test(arguments: ["", "GET /b HT", "POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\nhalf"])
    func `does not lose an answer to the half request behind it`(rest: String) {
        let wire = HTTPWire(site())
        wire.send(get("/a") + rest)
        wire.connection.endInput(at: wire.now)
        #expect(wire.statuses == [200])
        #expect(wire.connection.end == .finish)
    }

    @Test func `passes every response through the router's finish`() {
        var router = routes()
        router.finish { head, response in
            response.vary(on: "Origin")
            response.vary(on: "origin")
            response.set("X-Path", head.path)
        }
        let wire = HTTPWire(router)
        wire.send(get("/missing"))
        #expect(wire.field("vary") == "Origin")
        #expect(wire.field("x-path") == "/missing")
    }
}

@Suite struct `The deadlines of an HTTP connection` {
    @Test func `cut a silent peer without a word, and half a head with 408`() {
        let silent = HTTPWire(site())
        silent.wait(.seconds(9))
        #expect(silent.connection.end == nil)
        silent.wait(.seconds(1))
        #expect(silent.text.isEmpty && silent.connection.end == .finish)
        let slow = HTTPWire(site())
        for octet in Array("GET /a HT".utf8) {
            slow.send([octet])
            slow.wait(.seconds(1))
        }
        slow.wait(.seconds(1))
        #expect(slow.statuses == [408])
        #expect(slow.connection.end == .finish)
    }

    @Test func `cut a slow body with 408`() {
        let wire = HTTPWire(site())
        wire.wait(.seconds(9))
        wire.send("POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 60\r\n\r\n")
        for _ in 0..<9 {
            wire.wait(.seconds(1))
            wire.send("x")
        }
        #expect(wire.connection.end == nil)
        wire.wait(.seconds(1))
        #expect(wire.statuses == [408])
    }

    @Test func `let a connection idle, but not inside its next head`() {
        let wire = HTTPWire(site())
        wire.send(get("/a"))
        wire.wait(.seconds(59))
        #expect(wire.connection.end == nil)
        wire.send("G")
        wire.wait(.seconds(9))
        #expect(wire.connection.end == nil)
        wire.wait(.seconds(1))
        #expect(wire.statuses == [200, 408])
        let idle = HTTPWire(site())
        idle.send(get("/a"))
        idle.wait(.seconds(60))
        #expect(idle.statuses == [200] && idle.connection.end == .finish)
    }

    @Test func `answer 503 for a handler that does not`() throws {
        let wire = HTTPWire(site())
        wire.send(get("/later"))
        let call = try #require(wire.connection.takeCall())
        wire.wait(.seconds(30))
        #expect(wire.statuses == [503])
        wire.connection.complete(call.serial, .text("late"), at: wire.now)
        wire.collect()
        #expect(wire.statuses == [503])
    }

    @Test func `cut a peer that does not take its answer`() {
        let wire = HTTPWire(site())
        wire.send(get("/known"))
        wire.wait(.seconds(30))
        #expect(wire.connection.end == .abort)
    }
}

@Suite struct `The bounds of an HTTP port` {
    private let limits = {
        var limits = HTTPLimits()
        limits.maxConnectionsPerClient = 2
        limits.maxRequestsPerConnection = 2
        return limits
    }()

    @Test func `hold for one client and are given back`() {
        let site = site(limits)
        let wires = (0..<3).map { _ in HTTPWire(site) }
        for wire in wires { wire.send(get("/a")) }
        #expect(wires.map { $0.statuses.first } == [200, 200, 503])
        let other = HTTPWire(site, peer: "192.0.2.2")
        other.send(get("/a"))
        #expect(other.statuses == [200])
        for wire in wires { wire.connection.release() }
        other.connection.release()
        #expect(site.countedClients == 0)
    }

    @Test func `count one 64-bit network of IPv6 as one client`() {
        let site = site(limits)
        let wires = (1...3).map { HTTPWire(site, peer: "2001:db8::\($0)") }
        for wire in wires { wire.send(get("/a")) }
        #expect(wires.map { $0.statuses.first } == [200, 200, 503])
    }

    @Test func `do not count this machine, but those a proxy on it speaks for`() {
        let site = site(limits)
        let direct = (0..<5).map { _ in HTTPWire(site, peer: "127.0.0.1") }
        for wire in direct { wire.send(get("/a")) }
        #expect(direct.allSatisfy { $0.statuses == [200] })
        let proxied = (0..<3).map { _ in HTTPWire(site, peer: "127.0.0.1") }
        for wire in proxied { wire.send(get("/a", "X-Forwarded-For: 192.0.2.9")) }
        #expect(proxied.map { $0.statuses.first } == [200, 200, 503])
        // The connection goes on for another client, and then no longer counts for the first.
        proxied[0].send(get("/a", "X-Forwarded-For: 192.0.2.10"))
        let next = HTTPWire(site, peer: "127.0.0.1")
        next.send(get("/a", "X-Forwarded-For: 192.0.2.9"))
        #expect(next.statuses == [200])
    }

    @Test func `end a connection after its last request`() {
        let wire = HTTPWire(site(limits))
        wire.send(get("/a") + get("/a") + get("/a"))
        #expect(wire.statuses == [200, 200])
        #expect(wire.connection.end == .finish)
    }

    @Test func `close gently`() {
        let site = site()
        let idle = HTTPWire(site)
        idle.send(get("/a"))
        let busy = HTTPWire(site)
        busy.send(get("/later"))
        site.isClosing = true
        let (asking, silent) = (HTTPWire(site), HTTPWire(site))
        for wire in [idle, busy, asking, silent] { wire.connection.close(at: wire.now) }
        #expect(idle.connection.end == .finish)
        // What was on the way is answered.
        #expect(asking.connection.end == nil && silent.connection.end == nil)
        asking.send(get("/a"))
        #expect(asking.statuses == [200] && asking.connection.end == .finish)
        silent.wait(.seconds(1))
        #expect(silent.text.isEmpty && silent.connection.end == .finish)
        #expect(busy.connection.end == nil)
        busy.connection.complete(1, .text("late"), at: busy.now)
        busy.collect()
        #expect(busy.field("connection") == "close")
        #expect(busy.connection.end == .finish)
    }
}

@Suite struct `A date` {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1, "Thu, 01 Jan 1970 00:00:00 GMT"), (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func `is written as the RFC has it`(seconds: Int64, text: String) { #expect(HTTPDate.format(seconds) == text) }
}
