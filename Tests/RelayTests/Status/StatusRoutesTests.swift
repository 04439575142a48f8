import RelayJSON
import Testing

@testable import Relay
@testable import RelayNet

@Suite struct `The status routes` {
    private static let token = "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa"

    /// What a request gets, by the same router that a port would use.
    private func get(
        _ path: String, from peer: String? = "127.0.0.1", fields: String = "", method: String = "GET",
        host: String = "localhost:7350", token: String? = token, status: RelayStatus = .sample
    ) async throws -> HTTPResponse {
        var router = Router()
        let access = StatusAccess(adminToken: token)
        StatusRoutes.mountHealth(on: &router) { status }
        StatusRoutes.mountStatus(on: &router, access: access) { status }
        StatusRoutes.mountMetrics(on: &router, access: access) { status }
        let text = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n"
        var parser = RequestParser()
        guard case .head(let head, _) = parser.parse(Array(text.utf8).octetSpan) else { throw Unexpected.head }
        guard case .route(let route, _, let found) = router.match(head) else { throw Unexpected.route }
        let client = TrustedProxies().client(of: head, peer: peer.flatMap { IPAddress($0) }, isEncrypted: false)
        let request = HTTPRequest(head: head, client: client, path: found)
        switch route.handler {
        case .now(let answer): return answer(request)
        case .later(let answer): return await answer(request)
        }
    }

    private enum Unexpected: Error { case head, route }

    private func text(_ response: HTTPResponse) -> String {
        guard case .octets(let octets) = response.content else { return "" }
        return String(decoding: octets, as: UTF8.self)
    }

    @Test func `answer probes in a word, to anybody`() async throws {
        for (path, word) in [("/livez", "ok\n"), ("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let response = try await get(path, from: "192.0.2.7", host: "relay.example")
            #expect(response.status == .ok)
            #expect(text(response) == word)
            #expect(response.value("Cache-Control") == "no-store")
        }
        for method in ["HEAD", "GET"] {
            #expect(try await get("/api/health", from: "192.0.2.7", method: method).status == .ok)
        }
    }

    @Test func `tell a balancer to stay away, but a supervisor that all is well, while it ends`() async throws {
        let status = RelayStatus.sample.changed { $0.phase = .draining }
        let ready = try await get("/readyz", status: status)
        #expect(ready.status == .serviceUnavailable)
        #expect(text(ready) == "not ready\n")
        #expect(try await get("/livez", status: status).status == .ok)
        #expect(try await get("/healthz", status: status).status == .ok)
    }

    @Test func `name what is wrong to who asks for it`() async throws {
        let status = RelayStatus.sample.changed {
            $0.storage?.health.mode = .readOnly
            $0.storage?.health.reason = "the disk is full"
        }
        #expect(
            text(try await get("/readyz?verbose", status: status))
                == """
                [+] loop: ok
                [-] storage: unhealthy, the disk is full
                [+] accounts: ok
                [+] jobs: ok
                phase: serving
                not ready

                """)
    }

    @Test(arguments: ["/metrics", "/status"])
    func `open inside figures to this machine and the administrator only`(path: String) async throws {
        #expect(try await get(path).status == .ok)
        #expect(try await get(path, from: "::1", host: "[::1]:7350").status == .ok)
        #expect(try await get(path, from: nil).status == .ok)
        let outside: [(peer: String, fields: String, host: String)] = [
            ("192.0.2.7", "", "relay.example"),
            // Through a proxy on this machine; one that names itself; one whose word is empty.
            ("127.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n", "relay.example"),
            ("127.0.0.1", "X-Forwarded-For: 127.0.0.1\r\n", "localhost"),
            ("127.0.0.1", "X-Forwarded-For: unknown\r\n", "localhost"),
            // A web page whose name was pointed at this machine.
            ("127.0.0.1", "", "evil.example:7350"),
        ]
        for (peer, fields, host) in outside {
            let refused = try await get(path, from: peer, fields: fields, host: host)
            #expect(refused.status == .unauthorized, "\(peer) \(fields)")
            #expect(refused.value("WWW-Authenticate") == "Bearer")
            #expect(try await get(path, from: peer, fields: fields, host: host, token: nil).status == .forbidden)
            let bearer = "Authorization: Bearer \(Self.token)\r\n"
            #expect(try await get(path, from: peer, fields: fields + bearer, host: host).status == .ok)
            for wrong in ["", "x", String(Self.token.dropLast()), Self.token + "x", Self.token.uppercased()] {
                let field = "Authorization: Bearer \(wrong)\r\n"
                #expect(try await get(path, from: peer, fields: fields + field, host: host).status == .unauthorized)
            }
        }
    }

    @Test func `write JSON and Prometheus text`() async throws {
        let status = try await get("/status")
        #expect(status.value("Content-Type") == "application/json")
        #expect(try JSONValue(parsing: Array(text(status).utf8))["connections"] == 12)
        let metrics = try await get("/metrics")
        #expect(metrics.value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text(metrics).contains("\nrelay_connections 12\n"))
    }
}
