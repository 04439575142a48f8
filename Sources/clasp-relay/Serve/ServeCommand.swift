import Glibc
import Relay
import RelayAuth
import RelayLog
import RelayNet
import RelayThreads

/// `clasp-relay serve`: puts the rooms together and waits until they are done.
enum ServeCommand {
    @Sendable static func run(_ invocation: Invocation) -> Int32 {
        var status = EXIT_SUCCESS
        guard let (loaded, _) = Command.settings(of: invocation, "serve", orEndWith: &status) else { return status }
        let faults = FileFindings.faults(of: loaded.settings)
        guard faults.isEmpty else { return TextOutput.complain(faults) }
        let log = loaded.settings.log
        let writer = LogWriter(to: STDERR_FILENO, log.line, filter: log.effectiveFilter)
        defer { writer.stop(within: .seconds(2)) }
        do throws(Fault) {
            try serve(loaded, invocation, writer)
            return EXIT_SUCCESS
        } catch {
            _ = writer.flush(within: .seconds(1))
            return TextOutput.complain([error])
        }
    }

    private static func serve(
        _ loaded: LoadedSettings, _ invocation: Invocation, _ writer: LogWriter
    ) throws(Fault) {
        let settings = loaded.settings
        let log = writer.log(for: "relay")
        for note in loaded.notes { log.warn("settings", [LogField("note", note)]) }
        if settings.lacksRules {
            let note = "there is no --app-config: whoever signs in may read and write everything"
            log.warn("settings", [LogField("note", note)])
        }
        // Before the first thread, which would otherwise take signals the old way.
        let signals = try Startup.signals()
        raiseDescriptorLimit(to: 1 << 20)
        let config = try Startup.appConfig(settings.state.appConfig)
        let tls = try settings.tlsContext()
        if settings.server.isSinglePort { throw Fault(.notInThisRelease, "--single-port: not in this release") }
        let inherited = try Startup.inherited(invocation.environment)
        let listener = try Startup.listen(settings.server.webSocketEndpoint, option: "port", among: inherited)
        let executor = try Startup.executor()

        let doorkeeper = settings.auth.isOpen ? nil : TokenDoorkeeper()
        let (hub, store) = try Startup.state(settings, config, executor, writer, doorkeeper: doorkeeper)
        let accounts = settings.auth.isOpen ? nil : try SecondPort.Accounts(settings, config, relay: executor, log)

        let manager = ServiceManager(environment: invocation.environment)
        let surroundings = Startup.surroundings(manager, Reloading(loaded, invocation, tls, writer))
        let relay = try Startup.relay(
            on: executor, hub.take(), settings.relayOptions(tls), listener, signals, store, accounts?.relayFeed,
            surroundings, writer)
        let started = WallClock.now
        let secondPort = try SecondPort(
            settings, config, accounts, tls: tls, writer, inherited: inherited, relayPort: listener.port
        ) {
            var status = RelayStatus(
                version: Version.number, name: settings.server.name, started: started, now: WallClock.now)
            status.process = ProcessFigures.now
            status.droppedLogLines = writer.dropped
            status.certificateEnd = tls?.notAfter
            return await relay.fill(status)
        }
        try Startup.start(relay, secondPort)

        let address = settings.server.webSocketEndpoint.text(port: listener.port)
        say(address, secondPort.addresses, settings, log)
        manager.ready("ws://\(address)")
        executor.join()
        secondPort.close()
    }

    private static func say(_ address: String, _ http: [String], _ settings: Settings, _ log: Log) {
        if settings.auth.isOpen, !settings.server.webSocketEndpoint.isLocal {
            log.warn("OPEN MODE ON A PUBLIC ADDRESS: anybody who reaches it may read and write everything")
        }
        log.info(
            "listening",
            [
                LogField("ws", address), LogField("http", http.joined(separator: " ")),
                LogField("mode", settings.auth.isOpen ? "open" : "authenticated"),
            ])
        let scheme = settings.tls.certificate == nil ? "ws" : "wss"
        var lines = ["clasp-relay listens on \(scheme)://\(address)"]
        lines += http.map { "accounts, health and metrics on \($0)" }
        if settings.web.staticDirectory != nil { lines += http.map { "pages on \($0)/" } }
        _ = TextOutput.say(lines)
    }
}

extension Settings.Log {
    var line: LogLine {
        let layout: LogLine.Format =
            switch format {
            case .auto: .suiting(descriptor: STDERR_FILENO)
            case .text: .text
            case .json: .json
            }
        return LogLine(layout, hasPriority: unsafe getenv("JOURNAL_STREAM") != nil)
    }
}
