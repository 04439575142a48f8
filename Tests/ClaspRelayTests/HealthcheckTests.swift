import RelayNet
import Testing

@testable import clasp_relay

@Suite struct `A health check` {
    private func url(_ arguments: [String]) throws -> String {
        let url = try HealthcheckCommand.readiness(of: try settings(arguments))
        return "\(url.scheme)://\(url.authority)\(url.path)"
    }

    @Test func `asks where the settings say`() throws {
        #expect(try url([]) == "http://127.0.0.1:7350/readyz?verbose")
        #expect(try url(["--host", "0.0.0.0", "--auth-port", "1"]) == "http://127.0.0.1:1/readyz?verbose")
        #expect(try url(["--host", "::"]) == "http://[::1]:7350/readyz?verbose")
        #expect(try url(["--single-port"]) == "http://127.0.0.1:7330/readyz?verbose")
        #expect(try url(["--health-port", "9"]) == "http://127.0.0.1:9/readyz?verbose")
        #expect(throws: Fault.self) { try url(["--tls-cert=c", "--tls-key=k"]) }
        #expect(try url(["--tls-cert=c", "--tls-key=k", "--health-port=9"]).hasSuffix(":9/readyz?verbose"))
        #expect(throws: Fault.self) { try url(["--auth-listen", "unix:/run/relay"]) }
    }

    @Test func `ends with 0 when the relay is ready, with 1 when it is not`() async throws {
        let listener = try Listener(.tcp(address: "127.0.0.1", port: 0))
        var router = Router()
        router.on(.get, "/readyz") { _ in .text("ready\n") }
        router.on(.get, "/bad") { _ in .text("[-] storage: the disk is full\nnot ready\n", .serviceUnavailable) }
        let executor = try LoopExecutor()
        let port = try HTTPPort(on: executor, listeners: [listener], router: router)
        try port.start()
        func status(_ path: String) -> Int32 {
            HealthcheckCommand.command.run(
                Invocation(arguments: ["--url", "http://127.0.0.1:\(listener.port)\(path)"], environment: [:]))
        }
        #expect(status("/readyz") == 0)
        #expect(status("/bad") == 1)
        await port.shutDown(grace: .seconds(1))
        executor.join()
        #expect(status("/readyz") == 1)
        #expect(HealthcheckCommand.command.run(Invocation(arguments: ["--url", "nonsense"], environment: [:])) == 64)
        #expect(HealthcheckCommand.command.run(Invocation(arguments: ["--wait", "soon"], environment: [:])) == 64)
    }

    @Test func `reads addresses strictly`() {
        #expect(ClientURL("ws://localhost:7330")?.authority == "localhost:7330")
        #expect(ClientURL("ws://localhost")?.path == "/")
        #expect(ClientURL("http://[::1]:80/a?b")?.host == "::1")
        #expect(ClientURL("http://h?q")?.path == "/?q")
        for text in [
            "", "localhost:7330", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536", "http://a:b",
            "http://u@a/", "http://a/#f", "http://a b/", "http://[::1", "http://a\r\nX: y/",
        ] {
            #expect(ClientURL(text) == nil, "\(text)")
        }
    }
}
