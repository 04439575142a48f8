import CLinux
import COpenSSL
import Glibc
import Testing

@testable import RelayNet

/// A server's transport and a client, joined by a socket pair.
private final class TLSPair {
    let transport: Transport
    let client: TLSClient
    let descriptor: Int32
    /// The client's end.
    let peer: Int32
    private(set) var received = ""
    private(set) var lastCode = 0

    init?(_ context: TLSContext, highest: Int = Int(TLS1_3_VERSION)) {
        var ends: (Int32, Int32) = (-1, -1)
        let code = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe clinux_socketpair($0.baseAddress?.assumingMemoryBound(to: Int32.self))
        }
        guard code == 0, let transport = context.transport(), let client = TLSClient(ends.1, highest: highest) else {
            return nil
        }
        self.transport = transport
        self.client = client
        descriptor = ends.0
        peer = ends.1
    }

    deinit { clinux_close(descriptor) }

    /// Lets the server read what is there; answers what the transport answered last.
    @discardableResult
    func serve(room: Int = 4_096) -> Int {
        repeat {
            var count = 0
            let octets = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
                count = unsafe transport.receive(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
                filled = max(count, 0)
            }
            lastCode = count
            received += String(decoding: octets, as: UTF8.self)
        } while transport.hasDecodedInput
        return lastCode
    }

    func shakeHands() -> TLSClient.Step {
        for _ in 0..<10 {
            let step = client.shakeHands()
            // The client is done when it has said its last word, the server when it has heard it.
            serve()
            if step != .wants { return step }
        }
        return .wants
    }

    func send(_ text: String) -> Int {
        unsafe Array(text.utf8).withUnsafeBytes { unsafe transport.send(descriptor, $0) }
    }
}

@Suite struct `Encryption` {
    let fixture = StaticFilesFixture()

    private func install(_ identity: TLSFixture.Identity) {
        fixture.write("cert.pem", identity.certificate)
        fixture.write("key.pem", identity.key)
    }

    private func renew(_ context: TLSContext) throws(TLSError) {
        try context.use(certificate: fixture.base + "/cert.pem", key: fixture.base + "/key.pem")
    }

    private func context() throws -> TLSContext {
        install(TLSFixture.first)
        return try TLSContext(certificate: fixture.base + "/cert.pem", key: fixture.base + "/key.pem")
    }

    @Test(arguments: [(Int(TLS1_2_VERSION), "TLSv1.2"), (Int(TLS1_3_VERSION), "TLSv1.3")])
    func `carries bytes both ways`(highest: Int, version: String) throws {
        let pair = try #require(TLSPair(try context(), highest: highest))
        #expect(pair.shakeHands() == .done)
        #expect(pair.client.version == version)
        #expect(pair.client.send("hello") == .done)
        pair.serve()
        #expect(pair.received == "hello")
        #expect(pair.send("welcome") == 7)
        #expect(pair.client.receive() == "welcome")
    }

    @Test(arguments: [Int(TLS1_VERSION), Int(TLS1_1_VERSION)])
    func `refuses versions before 1_2`(highest: Int) throws {
        let pair = try #require(TLSPair(try context(), highest: highest))
        #expect(pair.shakeHands() != .done)
        #expect(pair.serve() < 0)
        #expect(pair.send("x") < 0)
    }

    @Test func `refuses what is no handshake`() throws {
        let pair = try #require(TLSPair(try context()))
        #expect(pair.serve() == -Int(EAGAIN))
        #expect(pair.send("too early") < 0)
        let octets = Array("GET / HTTP/1.1\r\nHost: relay\r\n\r\n".utf8)
        #expect(
            unsafe octets.withUnsafeBytes { unsafe clinux_send(pair.peer, $0.baseAddress, $0.count) } == octets.count)
        #expect(pair.serve() == -Int(ECONNRESET))
        #expect(pair.serve() < 0)
        #expect(pair.received.isEmpty)
    }

    @Test func `hands over records that do not fit`() throws {
        let pair = try #require(TLSPair(try context()))
        #expect(pair.shakeHands() == .done)
        let text = String(repeating: "0123456789", count: 1_600)
        #expect(pair.client.send(text) == .done)
        pair.serve(room: 100)
        #expect(pair.received == text)
        #expect(!pair.transport.hasDecodedInput)
    }

    @Test func `waits when the socket is full and goes on where it stopped`() throws {
        let pair = try #require(TLSPair(try context()))
        #expect(pair.shakeHands() == .done)
        let text = String(repeating: "abcdefghij", count: 100_000)
        var octets = Array(text.utf8)[...]
        var received = ""
        var hasWaited = false
        while !octets.isEmpty {
            // A fresh copy each time: the bytes may have moved.
            let sent = unsafe Array(octets).withUnsafeBytes { unsafe pair.transport.send(pair.descriptor, $0) }
            if sent == -Int(EAGAIN) {
                hasWaited = true
                received += pair.client.receive()
            } else {
                try #require(sent > 0)
                octets = octets.dropFirst(sent)
            }
        }
        received += pair.client.receive()
        #expect(hasWaited)
        #expect(received == text)
    }

    @Test func `tells the end from being cut off`() throws {
        let context = try context()
        let polite = try #require(TLSPair(context))
        #expect(polite.shakeHands() == .done)
        _ = polite.client.send("last words")
        polite.client.sayGoodbye()
        #expect(polite.serve() == 0)
        #expect(polite.received == "last words")
        polite.transport.finish(polite.descriptor)
        _ = polite.client.receive()
        #expect(polite.client.sawGoodbye)

        let cut = try #require(TLSPair(context))
        #expect(cut.shakeHands() == .done)
        _ = cut.client.send("last words")
        cut.serve()
        clinux_shutdown_write(cut.peer)
        #expect(cut.serve() == -Int(ECONNRESET))
        #expect(cut.received == "last words")
    }

    @Test func `changes its certificate for new connections only`() throws {
        let context = try context()
        let old = try #require(TLSPair(context))
        #expect(old.shakeHands() == .done)
        #expect(context.serial == TLSFixture.first.serial)
        install(TLSFixture.second)
        try renew(context)
        #expect(context.serial == TLSFixture.second.serial)
        let new = try #require(TLSPair(context))
        #expect(new.shakeHands() == .done)
        #expect(new.client.serial == TLSFixture.second.serial)
        #expect(old.client.serial == TLSFixture.first.serial)
        #expect(old.send("still here") == 10)
        #expect(old.client.receive() == "still here")
    }

    @Test func `keeps the old certificate when the new one is no good`() throws {
        let context = try context()
        fixture.write("cert.pem", TLSFixture.second.certificate)
        #expect(throws: TLSError.self) { try renew(context) }
        fixture.write("cert.pem", "not a certificate")
        #expect(throws: TLSError.self) { try renew(context) }
        fixture.write("cert.pem", TLSFixture.first.certificate)
        fixture.write("key.pem", "")
        #expect(throws: TLSError.self) { try renew(context) }
        #expect(context.serial == TLSFixture.first.serial)
        let pair = try #require(TLSPair(context))
        #expect(pair.shakeHands() == .done)
        #expect(throws: TLSError.self) {
            try TLSContext(certificate: fixture.base + "/missing.pem", key: fixture.base + "/key.pem")
        }
    }

    @Test func `knows when its certificate ends`() throws {
        // A hundred years from 2026.
        #expect(try context().notAfter / 31_556_952 == 156)
    }
}
