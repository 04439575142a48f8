import RelayNet
import Testing

@testable import clasp_relay

@Suite struct `A command line` {
    @Test func `of a chat server works as it always did`() throws {
        let loaded = try load([
            "--port", "7330", "--auth-port", "7350", "--data-dir", "./data", "--cors-origin", "http://localhost:5173",
        ]).get()
        #expect(loaded.settings.server.port == 7_330)
        #expect(loaded.settings.server.authPort == 7_350)
        #expect(loaded.settings.storage.directory == "./data")
        #expect(loaded.settings.web.origins == ["http://localhost:5173"])
        #expect(loaded.notes.isEmpty)
    }

    @Test func `of the reference relay is taken, or refused by name`() throws {
        let settings = try settings([
            "-p", "1", "--host", "0.0.0.0", "-n", "R", "-v", "--auth-port=2", "--auth-db", "u.db", "--max-sessions",
            "0", "--session-timeout", "300", "--param-ttl", "3600", "--signal-ttl", "3600", "--no-ttl", "--persist",
            "/data/state.json", "--persist-interval", "30", "--cors-origin", "https://a.example,https://b.example",
            "--app-config", "chat.json", "--admin-token", "/nonexistent/token", "--token-ttl", "86400",
            "--health-port", "3", "--metrics-port", "4", "--drain-timeout", "30", "--rendezvous-port", "0",
            "--cert", "c.pem", "--key", "k.pem",
        ])
        #expect(settings.limits.sessions == nil)
        #expect(settings.state.defaultParamTTL == nil && settings.state.paramTTL == .seconds(3_600))
        #expect(settings.storage.directory == "/data")
        #expect(settings.storage.snapshotInterval == .seconds(30))
        #expect(settings.web.origins == ["https://a.example", "https://b.example"])
        #expect(settings.auth.adminToken == Secret(text: nil, file: "/nonexistent/token"))
        for refused in RefusedOption.all {
            let found = faults(["--" + refused.name] + (refused.takesValue ? ["1"] : []))
            #expect(found.map(\.trouble) == [.notInThisRelease], "\(refused.name): \(found)")
            #expect(Faults(found).exitStatus == 64)
        }
    }

    @Test func `with a typo gets a suggestion, and all faults are told at once`() {
        let found = faults(["--prot", "7330", "--max-session", "5", "--open=perhaps", "stray"])
        #expect(found.map(\.trouble) == [.unknownOption, .unknownOption, .unexpectedArgument, .invalidValue])
        #expect(found[0].text == "--prot: no such option; did you mean --port?")
        #expect(found[1].text == "--max-session: no such option; did you mean --max-sessions?")
        #expect(Faults(found).exitStatus == 64)
        #expect(faults(["--port"]).map(\.trouble) == [.missingValue])
        #expect(faults(["--port", "--open"]).map(\.trouble) == [.missingValue])
        #expect(faults(["--qqqqqq"]).first?.text == "--qqqqqq: no such option")
    }

    @Test func `repeats lists, and lets the last of anything else win`() throws {
        let settings = try settings([
            "--cors-origin", "https://a.example", "--port=1", "--cors-origin=https://b.example", "-p2",
        ])
        #expect(settings.web.origins == ["https://a.example", "https://b.example"])
        #expect(settings.server.port == 2)
    }

    @Test func `explains itself within eighty columns, with every option`() {
        let lines = HelpText.lines(for: "serve")
        #expect(lines.filter { $0.count > 80 } == [])
        let words = Set(lines.joined(separator: " ").split { $0 == " " || $0 == "," }.map(String.init))
        for name in SettingsLoader.flags.flatMap(\.names) + RefusedOption.all.map(\.name) {
            #expect(words.contains("--" + name), "\(name)")
        }
        for command in CommandTable.all {
            #expect(HelpText.lines(for: command.name).allSatisfy { $0.count <= 80 }, "\(command.name)")
        }
    }

    @Test func `cannot contradict itself`() {
        for (arguments, place) in [
            (["--tls-cert", "c"], "--tls-cert"), (["--port", "7350"], "127.0.0.1:7350"),
            (["--single-port", "--auth-listen", "127.0.0.1:1"], "--single-port"),
            (["--lagging-mark", "1MiB"], "--lagging-mark"), (["--session-timeout", "10s"], "--session-timeout"),
            (["--drain-timeout", "1s"], "--drain-spread"), (["--disk-degraded", "99%"], "--disk-degraded"),
            (["--burst", "1"], "--burst"), (["--persist", "/a/state.json", "--data-dir", "/b"], "--persist"),
        ] {
            let found = faults(arguments)
            #expect(found.map(\.trouble) == [.contradiction], "\(arguments): \(found)")
            #expect(found.first?.text.hasPrefix(place) == true, "\(found)")
            #expect(Faults(found).exitStatus == 78)
        }
        #expect(faults(["--port", "0", "--auth-port", "0"]) == [])
        #expect(faults(["--port", "7350", "--single-port"]) == [])
    }

    @Test func `is told what is risky, and refused it in production`() throws {
        let risky = [
            (["--open", "--host", "0.0.0.0"], "--open on 0.0.0.0:7330"), ([], "--cors-origin is not set"),
            (["--cors-origin", "http://chat.example"], "--cors-origin http://chat.example"),
        ]
        for (arguments, start) in risky {
            let notes = try load(arguments).get().notes
            #expect(notes.contains { $0.hasPrefix(start) }, "\(notes)")
            let found = faults(arguments + ["--env", "production"])
            #expect(found.contains { $0.trouble == .unsafeInProduction && $0.text.hasPrefix(start) }, "\(found)")
            #expect(Faults(found).exitStatus == 78)
        }
        #expect(faults(["--env=production", "--cors-origin=https://chat.example"]) == [])
    }
}
