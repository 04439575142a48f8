internal import RelayJSON
package import RelayNet

/// Who may read `/metrics` and `/status`.
package struct StatusAccess: Sendable {
    private let adminToken: [UInt8]?
    private let isForAll: Bool

    /// For whoever reaches the port.
    package static let all = StatusAccess(adminToken: nil, isForAll: true)

    /// For this machine itself, and for who shows the token.
    package init(adminToken: String?) { self.init(adminToken: adminToken.map { Array($0.utf8) }, isForAll: false) }

    private init(adminToken: [UInt8]?, isForAll: Bool) {
        self.adminToken = adminToken
        self.isForAll = isForAll
    }

    /// Nil lets the request through.
    package func refusal(of request: HTTPRequest) -> HTTPResponse? {
        if isForAll || Self.isLocal(request) || showsToken(request) { return nil }
        guard adminToken != nil else { return .text("only for this machine\n", .forbidden) }
        return HTTPResponse.text("only for this machine, or with the admin token\n", .unauthorized)
            .with("WWW-Authenticate", "Bearer")
    }

    /// A proxy's word makes nobody local, and neither does a name that a web page has pointed at this machine.
    private static func isLocal(_ request: HTTPRequest) -> Bool {
        guard !request.client.isForwarded, request.head.count(of: "x-forwarded-for") == 0 else { return false }
        guard request.client.address?.isLoopback ?? true else { return false }
        guard let host = request.head.host?.lowercased() else { return true }
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }
        return name == "localhost" || IPAddress(name) != nil
    }

    /// Takes as long whatever part of the token is right.
    private func showsToken(_ request: HTTPRequest) -> Bool {
        guard let adminToken, request.head.count(of: "authorization") == 1,
            let field = request.head.value("authorization"), field.lowercased().hasPrefix("bearer ")
        else { return false }
        let shown = Array(field.utf8.dropFirst(7))
        var difference: UInt8 = shown.count == adminToken.count ? 0 : 1
        for (index, byte) in adminToken.enumerated() {
            difference |= byte ^ (index < shown.count ? shown[index] : 0)
        }
        return difference == 0
    }
}

/// Health, status and metrics over HTTP.
package enum StatusRoutes {
    package typealias Source = @Sendable () async -> RelayStatus

    /// `/livez /readyz /healthz /health /api/health`, for whoever asks.
    package static func mountHealth(on router: inout Router, _ status: @escaping Source) {
        // Says that the process answers, and asks nobody else.
        router.on(.get, "/livez") { _ in uncached(.text("ok\n")) }
        router.on(.get, "/healthz", later: { healthz(await status(), $0) })
        router.on(.get, "/readyz", later: { readyz(await status(), $0) })
        router.on(.get, "/health", later: { _ in health(await status()) })
        router.on(.get, "/api/health", later: { _ in apiHealth(await status()) })
    }

    /// `/status`, for whom `access` lets.
    package static func mountStatus(on router: inout Router, access: StatusAccess, _ status: @escaping Source) {
        router.on(
            .get, "/status",
            later: { request in
                if let refusal = access.refusal(of: request) { return refusal }
                return self.status(await status())
            })
    }

    /// `/metrics`, for whom `access` lets.
    package static func mountMetrics(on router: inout Router, access: StatusAccess, _ status: @escaping Source) {
        router.on(
            .get, "/metrics",
            later: { request in
                if let refusal = access.refusal(of: request) { return refusal }
                return metrics(await status())
            })
    }

    // MARK: What each answers

    static func healthz(_ status: RelayStatus, _ request: HTTPRequest) -> HTTPResponse {
        uncached(.text(wantsDetails(request) ? details(of: status) + "ok\n" : "ok\n"))
    }

    static func readyz(_ status: RelayStatus, _ request: HTTPRequest) -> HTTPResponse {
        let isReady = RelayHealth(of: status).isReady
        let verdict = isReady ? "ready\n" : "not ready\n"
        return uncached(
            .text(
                wantsDetails(request) ? details(of: status) + verdict : verdict, isReady ? .ok : .serviceUnavailable))
    }

    static func health(_ status: RelayStatus) -> HTTPResponse { graded(status, status.healthJSON) }

    static func apiHealth(_ status: RelayStatus) -> HTTPResponse { graded(status, status.apiHealthJSON) }

    static func status(_ status: RelayStatus) -> HTTPResponse { uncached(.json(status.statusJSON.encoded())) }

    static func metrics(_ status: RelayStatus) -> HTTPResponse {
        uncached(HTTPResponse(type: PrometheusText.contentType, status.metrics))
    }

    private static func graded(_ status: RelayStatus, _ json: JSONValue) -> HTTPResponse {
        let isBad = RelayHealth(of: status).grade == .unhealthy
        return uncached(.json(json.encoded(), isBad ? .serviceUnavailable : .ok))
    }

    private static func uncached(_ response: HTTPResponse) -> HTTPResponse {
        response.with("Cache-Control", "no-store")
    }

    private static func wantsDetails(_ request: HTTPRequest) -> Bool {
        request.head.query?.split(separator: "&").contains { $0 == "verbose" || $0.hasPrefix("verbose=") } ?? false
    }

    private static func details(of status: RelayStatus) -> String {
        let health = RelayHealth(of: status)
        let lines = health.components.map { component in
            "\(component.grade == .unhealthy ? "[-]" : "[+]") \(component.name): "
                + (component.reason.map { "\(component.grade.rawValue), \($0)" } ?? "ok")
        }
        return (lines + ["phase: \(status.phase.rawValue)"]).joined(separator: "\n") + "\n"
    }
}
