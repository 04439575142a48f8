import RelayLog
import RelayNet
import Testing

@testable import clasp_relay

@Suite struct `The table of options` {
    @Test func `has one option for each name, letter, variable and key`() {
        let names = SettingsLoader.flags.flatMap(\.names) + RefusedOption.all.map(\.name)
        #expect(Set(names).count == names.count)
        let letters = (SettingsLoader.flags + [.help, .version]).compactMap(\.short)
        #expect(Set(letters).count == letters.count)
        let variables = OptionTable.all.map(\.variable) + OptionTable.all.flatMap(\.foreignVariables)
        #expect(Set(variables).count == variables.count)
        let keys = OptionTable.all.map { "\($0.section.rawValue).\($0.key)" }
        #expect(Set(keys).count == keys.count)
    }

    @Test func `reads back what it shows, for every option`() {
        for option in OptionTable.all where !option.isSecret {
            for text in option.samples {
                var settings = Settings()
                #expect(option.read([text], &settings), "\(option.name) \(text)")
                let changes = !option.isSame(in: settings, and: Settings())
                #expect(changes, "\(option.name) \(text)")
                var again = Settings()
                #expect(option.read([option.show(settings)], &again), "\(option.name)")
                let isKept = again == settings
                #expect(isKept, "\(option.name)")
            }
        }
    }

    @Test func `prefers flags to variables to the file to the default`() throws {
        let scratch = Scratch()
        for option in OptionTable.all where !option.isSecret && option.name != "persist" {
            let samples = option.samples
            let texts = (0..<3).map { samples[$0 % samples.count] }
            let toml = ConfigText.value(texts[2], option.form)
            let file = scratch.write("config.toml", "[\(option.section.rawValue)]\n\(option.key) = \(toml)\n")
            let flag = ["--\(option.name)=\(texts[0])"]
            let variable = [option.variable: texts[1]]
            let inFile = ["--config", file]

            func shown(_ arguments: [String], _ environment: [String: String]) throws -> (String, SettingSource) {
                // Alone, one of these would contradict another default.
                let loaded = try load(
                    arguments + Self.company(of: option), environment
                ).get()
                return (option.show(loaded.settings), loaded.source(of: option.name))
            }
            func normal(_ text: String) -> String {
                var settings = Settings()
                _ = option.read([text], &settings)
                return option.show(settings)
            }
            #expect(try load().get().source(of: option.name) == .standard)
            #expect(option.show(try settings()) == option.show(Settings()))
            #expect(
                try shown(inFile, [:]) == (normal(texts[2]), .file(path: file, line: 2)), "\(option.name)")
            #expect(try shown(inFile, variable) == (normal(texts[1]), .variable(option.variable)), "\(option.name)")
            #expect(
                try shown(inFile + flag, variable) == (normal(texts[0]), .flag("--\(option.name)")), "\(option.name)")
        }
    }

    /// What must be said beside an option for the settings to be whole.
    private static func company(of option: Option) -> [String] {
        switch option.name {
        case "tls-cert": ["--tls-key=k"]
        case "tls-key": ["--tls-cert=c"]
        case "env": ["--cors-origin=https://a.example"]
        default: []
        }
    }

    @Test func `refuses values out of bounds, each with its place`() {
        for (name, text) in [
            ("port", "65536"), ("port", "-1"), ("port", "http"), ("host", "example.com"), ("name", ""),
            ("max-sessions", "-1"), ("max-sessions", "9999999999999999999999"), ("session-timeout", "1s"),
            ("session-timeout", "5 minutes"), ("flush-interval", "1"), ("max-queue", "1KiB"), ("max-queue", "1Mb"),
            ("max-queue", "9223372036854775807GiB"), ("durability", "always"), ("cors-origin", "example.com"),
            ("cors-origin", "https://a.example/path"), ("cors-origin", "*"), ("trusted-proxies", "10.0.0.0/33"),
            ("disk-degraded", "0"), ("disk-degraded", "101%"), ("log", "loud"), ("open", "maybe"),
            ("listen", "127.0.0.1"), ("listen", "::1:80"), ("persist", "/data/other.json"),
        ] {
            let byFlag = faults(["--\(name)=\(text)"])
            #expect(byFlag.first?.text.hasPrefix("--\(name): ") == true, "\(name) \(text): \(byFlag)")
            #expect(Faults(byFlag).exitStatus == 64, "\(name) \(text)")
            guard !text.isEmpty, let option = OptionTable.all.first(where: { $0.name == name }) else { continue }
            let byVariable = faults([], [option.variable: text])
            #expect(byVariable.first?.text.hasPrefix("\(option.variable): ") == true, "\(name) \(text)")
            #expect(Faults(byVariable).exitStatus == 78, "\(name) \(text)")
        }
    }

    @Test func `takes a list with commas and with spaces, and loses nothing of it`() throws {
        let ranges = ["10.0.0.0/8", "172.16.0.0/12", "fd00::/8"].compactMap { AddressRange($0) }
        for text in ["10.0.0.0/8,172.16.0.0/12,fd00::/8", " 10.0.0.0/8, 172.16.0.0/12 fd00::/8 ,"] {
            #expect(try settings(["--trusted-proxies=\(text)"]).web.trustedProxies == ranges)
        }
        #expect(faults(["--trusted-proxies=10.0.0.0/8 example.com"]).count == 1)
    }

    @Test func `says how the relay is spoken to from other worlds`() throws {
        #expect(try settings([], ["PORT": "3000"]).server.port == 3_000)
        #expect(try settings([], ["PORT": "3000", "RELAY_PORT": "4000"]).server.port == 4_000)
        #expect(try settings([], ["RELAY_WS_PORT": "4001"]).server.port == 4_001)
        #expect(try settings([], ["LISTEN_ADDR": "[::1]:9"]).server.webSocketEndpoint == .tcp(host: "::1", port: 9))
        #expect(try settings([], ["LISTEN_ADDR": "unix:/run/r"]).server.webSocketEndpoint == .unix(path: "/run/r"))
        #expect(try settings([], ["CLIENT_ORIGIN": "https://A.example/"]).web.origins == ["https://a.example"])
        #expect(try settings([], ["LOG_FORMAT": "json"]).log.format == .json)
        #expect(try settings([], ["RUST_LOG": "trace"]).log.filter == LogFilter(.trace))
        #expect(try settings([], ["RUST_LOG": "trace", "RELAY_LOG": "warn"]).log.filter == LogFilter(.warn))
        #expect(try settings([], ["RELAY_PORT": ""]).server.port == 7_330)
        #expect(try settings(["-v"]).log.effectiveFilter == LogFilter(.debug))
        #expect(try settings(["-v", "--log", "warn"]).log.effectiveFilter == LogFilter(.warn))
    }
}
