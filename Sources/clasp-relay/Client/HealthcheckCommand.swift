import Glibc

/// `clasp-relay healthcheck`: asks a running relay whether it is ready, for containers and scripts.
enum HealthcheckCommand {
    static let command = Command(
        "healthcheck", "ask a running relay whether it is ready", flags: flags, settings: run)

    private static let flags = [
        Flag(name: "url", placeholder: "URL", help: "ask there instead of where the settings say a relay listens"),
        Flag(name: "wait", placeholder: "TIME", help: "keep asking that long until the relay is ready"),
    ]

    @Sendable private static func run(_ invocation: Invocation) -> Int32 {
        var status = EXIT_SUCCESS
        guard let (loaded, parsed) = Command.settings(of: invocation, "healthcheck", flags: flags, orEndWith: &status)
        else { return status }
        let url: ClientURL
        let patience: Duration
        do throws(Fault) {
            url = if let text = parsed.value("url") { try readURL(text) } else { try readiness(of: loaded.settings) }
            patience = if let text = parsed.value("wait") { try readTime(text) } else { .zero }
        } catch {
            return TextOutput.complain([error])
        }
        let deadline = Deadline.after(patience)
        while true {
            let fault = check(url)
            guard let fault else { return TextOutput.say(["ready"]) }
            if deadline.isOver { return TextOutput.complain([fault]) }
            usleep(250_000)
        }
    }

    private static func check(_ url: ClientURL) -> Fault? {
        let probe: HTTPProbe
        do throws(ClientError) {
            probe = try HTTPProbe.get(url)
        } catch {
            return Fault(.relayUnreachable, "healthcheck: \(error)", status: EXIT_FAILURE)
        }
        guard probe.status != 200 else { return nil }
        let reason = probe.text.split(separator: "\n").prefix(20).joined(separator: "; ")
        return Fault(.relayUnhealthy, "healthcheck: \(reason.isEmpty ? "status \(probe.status)" : reason)")
    }

    /// Where a relay with these settings tells whether it is ready.
    static func readiness(of settings: Settings) throws(Fault) -> ClientURL {
        let server = settings.server
        var endpoint = server.httpEndpoint ?? server.webSocketEndpoint
        if let port = server.healthPort { endpoint = .tcp(host: server.host, port: port) }
        guard server.healthPort != nil || settings.tls.certificate == nil else {
            throw Fault(
                .contradiction,
                "healthcheck: the ports are encrypted; set --health-port, or name another place by --url")
        }
        guard case .tcp(let host, let port) = endpoint, port > 0,
            let url = ClientURL("http://\(Endpoint.tcp(host: reachable(host), port: port).text)/readyz?verbose")
        else {
            throw Fault(.contradiction, "healthcheck: \(endpoint.text) cannot be asked; name another place by --url")
        }
        return url
    }

    /// What listens everywhere listens here too.
    private static func reachable(_ host: String) -> String {
        host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
    }

    private static func readURL(_ text: String) throws(Fault) -> ClientURL {
        guard let url = ClientURL(text), url.scheme == "http" else {
            throw Fault(.invalidValue, "--url: '\(text)' is not an address such as http://127.0.0.1:7350/readyz")
        }
        return url
    }

    private static func readTime(_ text: String) throws(Fault) -> Duration {
        guard let time = Duration(units: text), time <= .seconds(3_600) else {
            throw Fault(.invalidValue, "--wait: '\(text)' is not a time up to 1h, such as 60s")
        }
        return time
    }
}
