import CLinux
import Glibc
import Testing

@testable import RelayNet

/// A port on the loopback interface and clients for it. No test looks at how long anything takes.
private final class RunningPort: Sendable {
    let port: HTTPPort
    let executor: LoopExecutor
    let number: UInt16

    init(_ router: Router, limits: HTTPLimits = .patient, tls: TLSContext? = nil) throws {
        executor = try LoopExecutor()
        let listener = try Listener(.tcp(address: "127.0.0.1", port: 0))
        number = listener.port
        port = try HTTPPort(on: executor, listeners: [listener], router: router, limits: limits, tls: tls)
        try port.start()
    }

    func connect() -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return code == 0 ? descriptor : -1
    }

    /// Sends, shuts our side if asked, and reads to the end of the connection.
    func exchange(_ text: String, shutsDown: Bool = false) async -> String {
        await blocking {
            let descriptor = self.connect()
            defer { clinux_close(descriptor) }
            self.send(text, on: descriptor)
            if shutsDown { clinux_shutdown_write(descriptor) }
            return self.readToEnd(descriptor)
        }
    }

    func send(_ text: String, on descriptor: Int32) {
        let octets = Array(text.utf8)
        var sent = 0
        while sent < octets.count {
            let part = unsafe octets.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent)
            }
            guard part > 0 else { return }
            sent += part
        }
    }

    func readToEnd(_ descriptor: Int32) -> String { String(decoding: read(descriptor, upTo: .max), as: UTF8.self) }

    func read(_ descriptor: Int32, upTo bound: Int) -> [UInt8] {
        var octets: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while octets.count < bound {
            let wanted = min(bound - octets.count, room.count)
            let count = unsafe room.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, wanted) }
            guard count > 0 else { break }
            octets += room[..<count]
        }
        return octets
    }

    func stop() async {
        await port.shutDown(grace: .seconds(600))
        await blocking { self.executor.join() }
    }
}

private actor Answers {
    private var count = 0
    func next(_ text: String) async -> HTTPResponse {
        count += 1
        await Task.yield()
        return .text("\(text) \(count)")
    }
}

@Suite struct `An HTTP port` {
    private func routes() -> Router {
        let answers = Answers()
        var router = Router()
        router.on(.get, "/now") { _ in .text("now") }
        router.on(.get, "/later", later: { _ in await answers.next("later") })
        router.on(.get, "/large") { _ in HTTPResponse(.ok, content: .octets(Array(repeating: 0x78, count: 5_000_000))) }
        router.on(.post, "/echo", body: .upTo(1_000_000)) { .text(String(decoding: $0.content, as: UTF8.self)) }
        return router
    }

    @Test func `answers pipelined requests in order, at once or later`() async throws {
        let running = try RunningPort(routes())
        let text = get("/now") + get("/later") + get("/missing") + get("/later") + get("/now", "Connection: close")
        let answer = await running.exchange(text)
        #expect(answer.split(separator: "HTTP/1.1 ").count == 5)
        #expect(answer.contains("later 1HTTP/1.1 404"))
        #expect(answer.contains("later 2HTTP/1.1 200"))
        #expect(answer.hasSuffix("now"))
        await running.stop()
    }

    @Test func `answers a peer that has shut its side`() async throws {
        let running = try RunningPort(routes())
        let answer = await running.exchange(get("/later") + get("/now"), shutsDown: true)
        #expect(answer.contains("later 1") && answer.hasSuffix("now"))
        await running.stop()
    }

    @Test func `sends much more than a socket holds`() async throws {
        let running = try RunningPort(routes())
        let answer = await running.exchange(get("/large", "Connection: close"))
        #expect(answer.utf8.count > 5_000_000 && answer.hasSuffix("xxx"))
        await running.stop()
    }

    @Test func `takes a body that arrives in many pieces`() async throws {
        let running = try RunningPort(routes())
        let body = String(repeating: "0123456789", count: 50_000)
        let head = "POST /echo HTTP/1.1\r\nHost: r\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        #expect(await running.exchange(head + body).hasSuffix("\r\n\r\n" + body))
        await running.stop()
    }

    @Test func `cuts those who are slow with a head or a body`() async throws {
        var limits = HTTPLimits.patient
        // Long enough for a client to say its piece before.
        limits.headTimeout = .seconds(1)
        limits.bodyTimeout = .seconds(1)
        let running = try RunningPort(routes(), limits: limits)
        #expect(await running.exchange("") == "")
        #expect(await running.exchange("GET /now HT").hasPrefix("HTTP/1.1 408 "))
        #expect(
            await running.exchange("POST /echo HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\n1").hasPrefix(
                "HTTP/1.1 408 "))
        await running.stop()
    }

    @Test func `tells those beyond its bound`() async throws {
        var limits = HTTPLimits.patient
        limits.maxConnections = 2
        let running = try RunningPort(routes(), limits: limits)
        let first = running.connect()
        let second = running.connect()
        // Both are in once they have been answered.
        for descriptor in [first, second] {
            running.send(get("/now"), on: descriptor)
            #expect(await blocking { running.read(descriptor, upTo: 17) }.count == 17)
        }
        #expect(await running.exchange("").hasPrefix("HTTP/1.1 503 "))
        clinux_close(first)
        clinux_close(second)
        await running.stop()
    }

    @Test func `shuts down after the answers it owes`() async throws {
        let running = try RunningPort(routes())
        let idle = running.connect()
        running.send(get("/now"), on: idle)
        #expect(await blocking { running.read(idle, upTo: 17) }.count == 17)
        await running.stop()
        #expect(await blocking { running.readToEnd(idle) }.hasSuffix("now"))
        clinux_close(idle)
    }

    @Test func `sends all of an answer before it shuts down`() async throws {
        let running = try RunningPort(routes())
        let client = running.connect()
        running.send(get("/large"), on: client)
        #expect(await blocking { running.read(client, upTo: 17) }.count == 17)
        await running.port.shutDown(grace: .seconds(600))
        let (rest, _) = await blocking { (running.readToEnd(client), clinux_close(client)) }
        #expect(rest.utf8.count > 5_000_000)
        await blocking { running.executor.join() }
    }

    @Test func `speaks TLS`() async throws {
        let fixture = StaticFilesFixture()
        fixture.write("cert.pem", TLSFixture.first.certificate)
        fixture.write("key.pem", TLSFixture.first.key)
        let tls = try TLSContext(certificate: fixture.base + "/cert.pem", key: fixture.base + "/key.pem")
        let running = try RunningPort(routes(), tls: tls)
        let (answer, sawGoodbye) = await blocking {
            guard let client = TLSClient(running.connect(), isBlocking: true), client.shakeHands() == .done,
                client.send(get("/later") + get("/large", "Connection: close")) == .done
            else { return ("", false) }
            return (client.receive(), client.sawGoodbye)
        }
        #expect(answer.contains("later 1HTTP/1.1 200") && answer.utf8.count > 5_000_000)
        #expect(sawGoodbye)
        // No TLS at all gets no answer.
        #expect(await running.exchange(get("/now")).contains("HTTP/1.1") == false)
        await running.stop()
    }
}
