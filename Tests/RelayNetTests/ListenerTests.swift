import CLinux
import Glibc
import RelayTestKit
import Testing

@testable import RelayNet

/// Where connections come from.
@Suite struct ListenerTests {
    private func greet(_ port: UInt16) -> WireClient {
        let client = unsafe WireClient(clinux_connect_ip("127.0.0.1", port))
        client.send(Array((WireClient.upgrade + "\r\n").utf8))
        return client
    }

    private func talks(_ client: WireClient) -> Bool {
        guard client.head().hasPrefix("HTTP/1.1 101 ") else { return false }
        client.send(text("hi") + closing())
        return Heard.read(client.receiveAll()) == [.text(Array("hi".utf8)), .close(1000)]
    }

    @Test func `listeners say their port, and sockets of every family work`() async throws {
        let path = "/tmp/relay-net-test-\(UInt64.random(in: 0 ... .max)).sock"
        let endpoints: [Listener.Endpoint] = [
            .tcp(address: "127.0.0.1", port: 0), .tcp(address: "::1", port: 0), .unix(path: path),
        ]
        for endpoint in endpoints {
            let listener: Listener
            do { listener = try Listener(endpoint) } catch {
                // A machine without IPv6 cannot show this one.
                guard case .tcp("::1", _) = endpoint else { throw error }
                continue
            }
            let server = try EchoServer.start { try? $0.listen(listener) }
            if case .tcp(let address, _) = endpoint {
                #expect(listener.port > 0)
                let client = unsafe WireClient(clinux_connect_ip(address, listener.port))
                client.send(Array((WireClient.upgrade + "\r\n").utf8) + text("hi") + closing())
                #expect(String(decoding: client.receiveAll(), as: UTF8.self).contains("hi"))
            }
            server.executor.stop()
            server.executor.join()
        }
        unsafe clinux_unlink(path)
    }

    @Test func `inherited sockets are taken only when they are meant for this process`() throws {
        #expect(try Listener.inherited(listenDescriptors: "1", listenProcess: "1", process: 2).isEmpty)
        #expect(try Listener.inherited(listenDescriptors: nil, listenProcess: "2", process: 2).isEmpty)
        #expect(try Listener.inherited(listenDescriptors: "x", listenProcess: "2", process: 2).isEmpty)
    }

    @Test func `a program listens on the sockets it was started with`() throws {
        let listeners = [
            try Listener(.tcp(address: "127.0.0.1", port: 0)), try Listener(.tcp(address: "127.0.0.1", port: 0)),
        ]
        // Connected before anybody runs who could accept: nothing is lost while a service starts.
        let early = greet(listeners[1].port)
        let program = try RelayProcess(
            [
                "-c", "LISTEN_FDS=2 LISTEN_PID=$$ exec \"$0\" --inherited",
                PackageFiles.root + "/.build/release/ws-echo",
            ],
            program: "/bin/sh", handing: listeners.map(\.descriptor))
        for listener in listeners { listener.giveUp() }
        #expect(talks(early))
        for listener in listeners { #expect(talks(greet(listener.port))) }
        program.signal(SIGTERM)
        #expect(try program.waitForExit() == 0)
    }

    @Test func `two servers share a port when both say so`() async throws {
        let first = try Listener(.tcp(address: "127.0.0.1", port: 0), sharesPort: true)
        let second = try Listener(.tcp(address: "127.0.0.1", port: first.port), sharesPort: true)
        #expect(throws: SystemError("listen", code: EADDRINUSE)) {
            try Listener(.tcp(address: "127.0.0.1", port: first.port))
        }
        let servers = try [first, second].map { listener in try EchoServer.start { try? $0.listen(listener) } }
        // The kernel chooses by the client's port; all sixty-four on one side is not going to happen.
        for _ in 0..<64 { #expect(talks(greet(first.port))) }
        var opened: [UInt64] = []
        for server in servers { opened.append(await server.inspect { loop, _ in loop.counters.opened }) }
        #expect(!opened.contains(0) && opened.reduce(0, +) == 64)
        for server in servers {
            server.executor.stop()
            server.executor.join()
        }
    }

    @Test func `the accept gate lets so many in per second`() {
        var gate = AcceptGate(perSecond: 3, now: 5)
        let admitted = (0..<5).map { _ in gate.admits(at: 5) }
        #expect(admitted == [true, true, true, false, false])
        #expect(gate.reopensAt == 1_000_000_005)
        gate.reopen()
        let readmitted = gate.admits(at: 1_000_000_005)
        #expect(readmitted)
        var open = AcceptGate(perSecond: nil, now: 0)
        let all = (0..<1000).map { _ in open.admits(at: 0) }
        #expect(!all.contains(false))
    }

    @Test func `those above the accept rate wait and are served`() async throws {
        var limits = EchoServer.patient
        limits.maxAcceptsPerSecond = 4
        let listener = try Listener(.tcp(address: "127.0.0.1", port: 0))
        let server = try EchoServer.start(limits) { try? $0.listen(listener) }
        let clients = (0..<10).map { _ in greet(listener.port) }
        let served = await blocking { clients.count { talks($0) } }
        #expect(served == 10)
        #expect(await server.inspect { loop, _ in loop.counters.accepted } == 10)
        server.executor.stop()
        server.executor.join()
    }
}
