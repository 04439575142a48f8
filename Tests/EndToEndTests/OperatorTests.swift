import Glibc
import RelayJSON
import RelayTestKit
import Testing

/// What an operator does with the built program.
@Suite struct `An operator` {
    @Test func `sets a value and sees it from the command line`() async throws {
        let relay = try RunningRelay()
        #expect(try relay.run("set", "/lights/a", #"{"on":true,"level":0.5}"#).status == 0)
        #expect(try relay.run("get", "/lights/a") == (0, "{\"on\":true,\"level\":0.5}\n"))
        #expect(try relay.run("set", "--no-ack", "/lights/b", "warm white").status == 0)
        #expect(try relay.run("get", "/lights/b") == (0, "\"warm white\"\n"))
        #expect(try relay.run("get", "/lights/none").status == 1)
        #expect(try relay.run("set", "--revision", "9", "/lights/a", "1").status == 77)
        #expect(try relay.run("set", "no/address", "1").status == 77)

        let listener = try RelayProcess(["sub"] + relay.url + ["-n", "4", "/lights/*"])
        while try await relay.figure("subscriptions") != 1 { usleep(10_000) }
        #expect(try relay.run("pub", "/lights/event", "[1]").status == 0)
        #expect(try relay.run("set", "/lights/a", "null").status == 0)
        #expect(try relay.run("pub", "/elsewhere").status == 0)
        let (status, rest) = try listener.finish()
        #expect(status == 0)
        let lines = String(decoding: rest, as: UTF8.self).split(separator: "\n")
        #expect(Set(lines.prefix(2)) == [#"/lights/a {"on":true,"level":0.5}"#, #"/lights/b "warm white""#])
        #expect(lines.dropFirst(2) == ["/lights/event [1]", "/lights/a null"])
        #expect(try relay.end() == 0)
        #expect(try relay.run("get", "/lights/a").status == 69)
    }

    @Test func `asks for health in every shape`() async throws {
        let relay = try RunningRelay()
        func get(_ path: String, _ fields: [(String, String)] = []) async throws -> HTTPCaller.Answer {
            try await relay.http.call("GET", path, fields: fields)
        }
        for (path, text) in [("/livez", "ok\n"), ("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = try await get(path)
            #expect(answer.status == 200 && answer.text == text, "\(path)")
        }
        let health = try JSONValue(parsing: try await get("/health").content)
        #expect(health["status"] == "healthy")
        #expect(health["database"] == "connected")
        #expect(health["migrations"] == "up-to-date")
        #expect(health["jobs"] == "operational")
        for key in ["uptime", "uptime_seconds", "timestamp"] { #expect(health[key]?.int != nil, "\(key)") }
        let api = try JSONValue(parsing: try await get("/api/health").content)
        #expect(api["status"] == "ok")
        #expect(api["version"]?.string?.isEmpty == false)
        #expect(api["uptime_secs"]?.int != nil)
        #expect(try await get("/metrics").text.contains("\nrelay_ready 1\n"))
        let proxied = [("X-Forwarded-For", "192.0.2.7")]
        #expect(try await get("/metrics", proxied).status == 403)
        #expect(try await get("/status", proxied).status == 403)
        #expect(try await get("/readyz", proxied).status == 200)
        let check = try RelayProcess(["healthcheck", "--url", "http://127.0.0.1:\(relay.http.port)/readyz"])
        #expect(try check.finish().status == 0)
        #expect(try relay.end() == 0)
    }

    @Test func `is told by the exit status what is wrong`() throws {
        let relay = try RunningRelay()
        let data = relay.directory.path + "/data"
        let other = try TemporaryDirectory()
        for (arguments, status) in [
            (["--prot", "1"], 64), (["serv"], 64), (["--mqtt-port", "1883"], 64),
            (["--config", "/nonexistent.toml"], 66), (["--app-config", "/nonexistent.json"], 66),
            (["--open", "--port", "\(relay.port)", "--auth-port", "0", "--data-dir", other.path], 69),
            (["--open", "--port", "0", "--auth-port", "0", "--data-dir", data], 75),
            (["--tls-cert", "c.pem"], 78), (["--env", "production"], 78),
            (["healthcheck", "--url", "http://127.0.0.1:1/"], 1), (["get", "--url", "ws://127.0.0.1:1", "/a"], 69),
            (["get", "--url", "wss://127.0.0.1:1", "/a"], 64), (["completions", "tcsh"], 64),
        ] as [([String], Int32)] {
            #expect(try RelayProcess(arguments).finish().status == status, "\(arguments)")
        }
        #expect(try relay.end() == 0)
    }

    @Test func `gets help, version, completions and a manual from the program itself`() throws {
        func text(_ arguments: String...) throws -> String {
            let (status, rest) = try RelayProcess(arguments).finish()
            #expect(status == 0, "\(arguments)")
            return String(decoding: rest, as: UTF8.self)
        }
        #expect(try text("--help").contains("--max-sessions"))
        #expect(try text("sub", "--help").contains("PATTERN"))
        #expect(try JSONValue(parsing: Array(try text("--version", "--json").utf8))["version"]?.string != nil)
        for shell in ["bash", "zsh", "fish"] { #expect(try text("completions", shell).contains("clasp-relay")) }
        #expect(try text("man").hasPrefix(".TH "))
        #expect(try text("print-config", "--port", "1").contains("port = 1 "))
        #expect(try text("check-config") == "the settings are good\n")
    }
}
