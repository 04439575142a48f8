import Glibc
import Relay
import RelayLog
import RelayNet
import RelayStorage

/// `clasp-relay serve`: puts the rooms together and waits until they are done.
enum ServeCommand {
    @Sendable static func run(_ invocation: Invocation) -> Int32 {
        var status = EXIT_SUCCESS
        guard let (loaded, _) = Command.settings(of: invocation, "serve", orEndWith: &status) else { return status }
        let faults = FileFindings.faults(of: loaded.settings)
        guard faults.isEmpty else { return TextOutput.complain(faults) }
        let settings = loaded.settings
        let writer = LogWriter(to: STDERR_FILENO, settings.log.line, filter: settings.log.effectiveFilter)
        defer { writer.stop(within: .seconds(2)) }
        do throws(Fault) {
            try serve(loaded, writer)
            return EXIT_SUCCESS
        } catch {
            _ = writer.flush(within: .seconds(1))
            return TextOutput.complain([error])
        }
    }

    private static func serve(_ loaded: LoadedSettings, _ writer: LogWriter) throws(Fault) {
        let settings = loaded.settings
        let log = writer.log(for: "relay")
        for note in loaded.notes { log.warn("settings", [LogField("note", note)]) }
        // Before the first thread, which would otherwise take signals the old way.
        let signals: Signals
        do throws(SystemError) {
            signals = try Signals([Signals.interrupt, Signals.terminate, Signals.hangUp])
        } catch {
            throw Fault(.relayUnhealthy, "signals: \(error)", status: EX_OSERR)
        }
        raiseDescriptorLimit(to: 1 << 20)
        let listener = try Startup.listen(settings.server.webSocketEndpoint, option: "port")
        let executor = try Startup.executor()
        let config = try Startup.appConfig(settings.state.appConfig)
        let (hub, store) = try Startup.state(settings, config, executor, writer)
        do {
            let relay = try Relay(
                on: executor, hub: hub.take(), options: settings.relayOptions(), listeners: [listener],
                signals: signals, store: store, log: writer.log(for: "relay.hub"))
            try relay.start()
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
        if settings.auth.isOpen, !settings.server.webSocketEndpoint.isLocal {
            log.warn("OPEN MODE ON A PUBLIC ADDRESS: anybody who reaches it may read and write everything")
        }
        let address = settings.server.webSocketEndpoint.text(port: listener.port)
        log.info("listening", [LogField("ws", address), LogField("mode", settings.auth.isOpen ? "open" : "authenticated")])
        _ = TextOutput.say(["clasp-relay listens on ws://\(address)"])
        executor.join()
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
