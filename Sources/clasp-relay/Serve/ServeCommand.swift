import CLinux
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
        do throws(Fault) {
            let file = try log.file.map { path throws(Fault) in try LogFile(path, maxBytes: log.fileBytes) }
            let writer = log.writer(to: file)
            defer { writer.stop(within: .seconds(2)) }
            do throws(Fault) {
                try serve(loaded, invocation, writer, file)
                return EXIT_SUCCESS
            } catch {
                _ = writer.flush(within: .seconds(1))
                throw error
            }
        } catch {
            return TextOutput.complain([error])
        }
    }

    private static func serve(
        _ loaded: LoadedSettings, _ invocation: Invocation, _ writer: LogWriter, _ logFile: LogFile?
    ) throws(Fault) {
        let settings = loaded.settings
        let log = writer.log(for: "relay")
        for note in loaded.notes { log.warn("settings", [LogField("note", note)]) }
        if settings.lacksRules {
            let note = "there is no --app-config: whoever signs in may read and write everything"
            log.warn("settings", [LogField("note", note)])
        }
        clinux_return_freed_memory()
        // Before the first thread, which would otherwise take signals the old way.
        let signals = try Startup.signals()
        raiseDescriptorLimit(to: 1 << 20)
        let config = try Startup.appConfig(settings.state.appConfig)
        for note in config.notes { log.warn("app config", [LogField("note", note.text)]) }
        let tls = try settings.tlsContext()
        let inherited = try Startup.inherited(invocation.environment)
        let listener = try Startup.listen(settings.server.webSocketEndpoint, option: "port", among: inherited)
        let executor = try Startup.executor()
        let httpExecutor = try Startup.executor()

        let doorkeeper = settings.auth.isOpen ? nil : TokenDoorkeeper()
        let (hub, store) = try Startup.state(settings, config, executor, writer, doorkeeper: doorkeeper)
        let accounts =
            settings.auth.isOpen ? nil : try Accounts(settings, config, on: httpExecutor, relay: executor, writer)

        let manager = ServiceManager(environment: invocation.environment)
        let reloading = Reloading(loaded, config, invocation, tls, writer)
        var options = settings.relayOptions(tls, accounts)
        if settings.server.isSinglePort { options.plainRequests = httpExecutor }
        let relay = try Startup.relay(
            on: executor, hub.take(), options, listener, signals, store, accounts?.relayFeed,
            Startup.surroundings(manager, reloading, logFile), writer)
        let started = WallClock.now
        let secondPort = try SecondPort(
            settings, accounts, on: httpExecutor, webSockets: executor, tls: tls, writer, inherited: inherited,
            relayPort: listener.port
        ) {
            var status = RelayStatus(
                version: Version.number, name: settings.server.name, started: started, now: WallClock.now)
            status.process = ProcessFigures.now
            status.droppedLogLines = writer.dropped
            status.certificateEnd = tls?.notAfter
            status.accounts = await accounts?.service.status()
            return await relay.fill(status)
        }
        reloading.apply { settings, config, isOtherConfig in
            await relay.use(settings.terms(isOtherConfig ? config.policy : nil))
            await accounts?.use(settings, config)
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
        TextOutput.sayIfHeard(lines)
    }
}

extension Settings.Log {
    fileprivate func writer(to file: LogFile?) -> LogWriter {
        guard let file else { return LogWriter(to: STDERR_FILENO, line(isFile: false), filter: effectiveFilter) }
        return LogWriter(line(isFile: true), filter: effectiveFilter, clock: { WallClock.now }) { file.write($0) }
    }

    private func line(isFile: Bool) -> LogLine {
        let layout: LogLine.Format =
            switch format {
            case .auto: isFile ? .json : .suiting(descriptor: STDERR_FILENO)
            case .text: .text
            case .json: .json
            }
        let isJournal = unsafe getenv("JOURNAL_STREAM") != nil
        return LogLine(layout, hasPriority: isJournal && !isFile)
    }
}
