import Testing

@testable import clasp_relay

@Suite struct `The file of settings` {
    private func faults(in text: String, _ arguments: [String] = [], mode: UInt32 = 0o600) -> [String] {
        let scratch = Scratch()
        let file = scratch.write("config.toml", text, mode: mode)
        guard case .failure(let faults) = load(["--config", file] + arguments) else { return [] }
        return faults.list.map { $0.text.replacing(scratch.path + "/", with: "") }
    }

    @Test func `is read with all the notation that settings need`() throws {
        let scratch = Scratch()
        let file = scratch.write(
            "config.toml",
            """
            # of a chat

            [server]
            port = 8_080   # not the usual one
            name = "Caf\\u00e9 \\"R\\""\r
            host = '::1'
            [web]
            cors_origin = [
                "https://a.example",  # first
                'https://b.example',
            ]
            deflate = false
            [limits]
            max_queue = 2097152
            session_timeout = "10m"
            ping_interval = 20
            [storage]
            disk_degraded = 0.7
            """)
        let settings = try settings(["--config", file])
        #expect(settings.server.port == 8_080)
        #expect(settings.server.name == "Café \"R\"")
        #expect(settings.server.host == "::1")
        #expect(settings.web.origins == ["https://a.example", "https://b.example"])
        #expect(!settings.web.isDeflateOn)
        #expect(settings.limits.queueBytes == 2 << 20)
        #expect(settings.limits.sessionTimeout == .seconds(600))
        #expect(settings.limits.pingInterval == .seconds(20))
        #expect(settings.storage.degradedAt == 0.7)
        #expect(try clasp_relay_settings(["RELAY_CONFIG": file]).server.port == 8_080)
    }

    private func clasp_relay_settings(_ environment: [String: String]) throws -> Settings {
        try load([], environment).get().settings
    }

    @Test func `is refused with the line of everything unknown`() {
        #expect(
            faults(in: "[server]\nprot = 1\n[sever]\nport = 2\n[limits]\nport = 3\n") == [
                "config.toml:2: prot: no such key; did you mean port?",
                "config.toml:4: [sever]: no such table; did you mean server?",
                "config.toml:6: port: no such key; it belongs into [server]",
            ])
        #expect(faults(in: "port = 1") == ["config.toml:1: port: stands in no table"])
    }

    @Test func `is refused with the line of everything malformed`() {
        for (text, line) in [
            ("[server\nport = 1", 1), ("[server]\nport 1", 2), ("[server]\nport = ", 2), ("[server]\nport = 1 2", 2),
            ("[server]\nport = 1\nport = 2", 3), ("[server]\n[server]", 2), ("[server]\nname = \"a", 2),
            ("[server]\nname = \"a\\q\"", 2), ("[server]\nname = bare", 2), ("[server]\nport = 007", 2),
            ("[web]\ncors_origin = [\"https://a.example\"\n\nport", 2), ("[server]\nname = \"\"\"a\"\"\"", 2),
            ("[server]\nlisten = { a = 1 }", 2), ("[[server]]", 1), ("[server]\nserver.port = 1", 2),
            ("[server]\nport = \"1\"", 2), ("[server]\nname = 1", 2), ("[server]\nsingle_port = \"true\"", 2),
            ("[web]\ncors_origin = [1]", 2), ("[server]\nport = 70000", 2), ("[server]\nname = \"\\ud800\"", 2),
        ] {
            let found = faults(in: text)
            #expect(found.first?.hasPrefix("config.toml:\(line): ") == true, "\(text): \(found)")
        }
        #expect(Faults([Fault(.invalidConfig, "")]).exitStatus == 78)
    }

    @Test func `survives whatever its bytes are`() {
        let text = Array(
            "[server]\nport = 8_080 # x\nname = \"Caf\\u00e9\"\n[web]\ncors_origin = [ 'a', \"b\",\n]\n".utf8)
        for index in text.indices {
            _ = TOMLReader(Array(text[..<index]))
            for byte in [0, 10, 34, 39, 61, 91, 92, 93, 0xFF] as [UInt8] {
                var changed = text
                changed[index] = byte
                _ = TOMLReader(changed)
            }
        }
    }

    @Test func `that is missing is a matter of its own`() {
        let found = clasp_relay_faults(["--config", "/nonexistent/config.toml"])
        #expect(found.map(\.text) == ["/nonexistent/config.toml: there is no such file"])
        #expect(Faults(found).exitStatus == 66)
    }

    private func clasp_relay_faults(_ arguments: [String]) -> [Fault] {
        guard case .failure(let faults) = load(arguments) else { return [] }
        return faults.list
    }

    @Test func `must not be read by everybody in production`() throws {
        let safe = "[web]\ncors_origin = \"https://a.example\"\n"
        let scratch = Scratch()
        let file = scratch.write("config.toml", safe, mode: 0o644)
        #expect(try load(["--config", file]).get().notes.contains { $0.hasPrefix(file) })
        #expect(faults(in: safe, ["--env", "production"], mode: 0o644).count == 1)
        #expect(faults(in: safe, ["--env", "production"], mode: 0o640) == [])
    }

    @Test func `is what print-config prints`() throws {
        let scratch = Scratch()
        let one = try load(
            ["--port", "1", "--name", "a \"b\" \\", "--cors-origin", "https://a.example", "--open"], [:]
        ).get()
        let file = scratch.write("config.toml", ConfigText.lines(of: one).joined(separator: "\n"))
        let two = try load(["--config", file]).get()
        #expect(two.settings == one.settings)
    }
}

@Suite struct `Secrets` {
    private let good = "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa"

    @Test func `come from a file, a variable or the config, and are shown nowhere`() throws {
        let scratch = Scratch()
        let file = scratch.write("token", good + "\n")
        let config = scratch.write("config.toml", "[auth]\nadmin_token = \"\(good)\"\n")
        let other = scratch.write("other.toml", "[auth]\nadmin_token_file = \"\(file)\"\n")
        for (arguments, environment) in [
            (["--admin-token", file], [:]), ([], ["RELAY_ADMIN_TOKEN": good]), ([], ["RELAY_ADMIN_TOKEN_FILE": file]),
            (["--config", config], [:]), (["--config", other], [:]),
        ] as [([String], [String: String])] {
            let loaded = try load(arguments, environment).get()
            #expect(loaded.settings.auth.adminToken.text == good)
            #expect(!ConfigText.lines(of: loaded).contains { $0.contains(good) })
        }
        #expect(
            faults([], ["RELAY_ADMIN_TOKEN": good, "RELAY_ADMIN_TOKEN_FILE": file]).map(\.trouble) == [.contradiction])
    }

    @Test(arguments: [
        ("CHANGE_THIS_SECRET_KEY_IN_PRODUCTION", Trouble.placeholderSecret),
        ("change-me-change-me-change-me-change", .placeholderSecret),
        ("short", .weakSecret), ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .weakSecret),
    ])
    func `are refused when nobody made them up`(text: String, trouble: Trouble) {
        let found = faults([], ["RELAY_ADMIN_TOKEN": text])
        #expect(found.map(\.trouble) == [trouble])
        #expect(!found.contains { $0.text.contains(text) })
        #expect(Faults(found).exitStatus == 78)
        let scratch = Scratch()
        let file = scratch.write("config.toml", "[server]\n\n[auth]\nadmin_token = \"\(text)\"\n")
        let inFile = faults(["--config", file])
        #expect(inFile.first?.text.hasPrefix("\(file):4: ") == true, "\(inFile)")
    }
}

@Suite struct `A reload` {
    @Test func `takes over what can change, and names what cannot`() throws {
        let old = try load(["--log", "info", "--max-sessions", "10", "--port", "1"]).get()
        let new = try load(["--log", "debug", "--max-sessions", "20", "--port", "2"]).get()
        let reload = old.reloaded(from: new)
        #expect(reload.changed.sorted() == ["log", "max-sessions"])
        #expect(reload.pending == ["port"])
        #expect(reload.loaded.settings.limits.sessions == 20)
        #expect(reload.loaded.settings.server.port == 1)
    }
}

@Suite struct `The rules of the application` {
    @Test func `are found where they usually lie, if there is one file only`() throws {
        let (empty, one, two) = (Scratch(), Scratch(), Scratch())
        let path = one.write("chat.json", "{}")
        _ = one.write("notes.txt", "")
        _ = two.write("a.json", "{}")
        _ = two.write("b.json", "{}")
        let found = try load(appConfigs: [empty.path, one.path]).get()
        #expect(found.settings.state.appConfig == path)
        #expect(found.source(of: "app-config") == .found)
        let several = try load(appConfigs: [two.path, one.path]).get()
        #expect(several.settings.state.appConfig == nil)
        #expect(several.notes.contains { $0.hasPrefix(two.path) })
    }
}
