import Glibc
import Relay
import RelayAuth
import RelayLog
import RelayNet
import RelayStorage
import RelayThreads

/// The steps of a start, each with the fault it can end in.
enum Startup {
    static func signals() throws(Fault) -> Signals {
        do throws(SystemError) {
            return try Signals([Signals.interrupt, Signals.terminate, Signals.hangUp])
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }

    static func surroundings(
        _ manager: ServiceManager, _ reloading: Reloading, _ logFile: LogFile?
    ) -> RelaySurroundings {
        var surroundings = RelaySurroundings()
        if manager.watchdogInterval != nil { surroundings.beat = { manager.watchdog() } }
        surroundings.leaving = { manager.stopping() }
        let isWanted = Monitor(false)
        surroundings.reload = { isWanted.change { $0 = true } }
        // Reads files, which the loop must not wait for: one after the other, so that the last one read is the one that
        // holds. What is asked for meanwhile makes one more. Nobody waits for its end, as a relay that leaves may take
        // nothing over any more.
        _ = BackgroundThread(name: "relay-reload") {
            while true {
                isWanted.wait { isWanted -> Bool? in
                    defer { isWanted = false }
                    return isWanted ? true : nil
                }
                logFile?.reopen()
                manager.reloading()
                reloading.reload()
                manager.ready("reloaded")
            }
        }
        return surroundings
    }

    static func relay(
        on executor: LoopExecutor, _ hub: consuming sending Hub, _ options: sending RelayOptions, _ listener: Listener,
        _ signals: Signals, _ store: sending DurableState, _ tokens: TokenFeed?, _ surroundings: RelaySurroundings,
        _ writer: LogWriter
    ) throws(Fault) -> Relay {
        do throws(SystemError) {
            return try Relay(
                on: executor, hub: hub, options: options, listeners: [listener], signals: signals, store: store,
                tokens: tokens, surroundings: surroundings,
                log: WireLog(net: writer.log(for: "relay.net"), hub: writer.log(for: "relay.hub")))
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }

    static func start(_ relay: Relay, _ secondPort: SecondPort) throws(Fault) {
        do throws(SystemError) {
            try relay.start()
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
        try secondPort.start()
    }

    /// What a service manager has opened for us.
    static func inherited(_ environment: [String: String]) throws(Fault) -> [Listener] {
        do throws(SystemError) {
            return try Listener.inherited(
                listenDescriptors: environment["LISTEN_FDS"], listenProcess: environment["LISTEN_PID"])
        } catch {
            throw Fault(.portNotAllowed, "LISTEN_FDS: \(error)")
        }
    }

    /// Listens, or takes the socket of that port that was handed over.
    static func listen(_ endpoint: Endpoint, option: String, among inherited: [Listener] = []) throws(Fault) -> Listener
    {
        if case .tcp(_, let port) = endpoint, let listener = inherited.first(where: { $0.port == port && port > 0 }) {
            return listener
        }
        do throws(SystemError) {
            return try Listener(endpoint.listener)
        } catch {
            throw .listening(on: endpoint, option: option, error)
        }
    }

    static func executor() throws(Fault) -> LoopExecutor {
        do throws(SystemError) {
            return try LoopExecutor()
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }

    static func appConfig(_ path: String?) throws(Fault) -> AppConfig {
        guard let path else { return .none }
        do {
            return try AppConfig(parsing: try TextFile.read(path).bytes)
        } catch {
            throw Fault(.invalidAppConfig, "\(path): \(error)")
        }
    }

    /// What was kept, in a hub; and the storage that keeps what follows.
    static func state(
        _ settings: Settings, _ config: AppConfig, _ executor: LoopExecutor, _ writer: LogWriter,
        doorkeeper: (any Doorkeeper)?
    ) throws(Fault) -> (hub: RecoveringHub, store: DurableState) {
        let log = writer.log(for: "relay.storage")
        let limits = settings.hubLimits
        let now = Moment(unix: UInt64(clamping: WallClock.now), uptime: UInt64(clamping: MonotonicClock.now) / 1000)
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var recovering = RecoveringHub(at: now) {
            Hub(limits: limits, policy: config.policy, name: settings.server.name, doorkeeper: doorkeeper, seed: seed)
        }
        do throws(StorageError) {
            let storage = try Storage.open(
                settings.storage.options, .real(wake: { executor.wake() }), into: &recovering)
            let store = DurableState(
                storage, interval: settings.storage.snapshotInterval.microseconds, log: log, uptime: now.uptime)
            report(storage.report, recovering.paramCount, recovering.rejected, log)
            return (recovering, store)
        } catch {
            throw fault(error, settings.storage.directory)
        }
    }

    private static func report(_ report: RecoveryReport, _ params: Int, _ rejected: Int, _ log: Log) {
        log.info(
            "state loaded",
            [
                LogField("params", params), LogField("file", report.checkpoint ?? "none"),
                LogField("replayed", report.replayed), LogField("clean", report.isContinued),
            ])
        for finding in report.findings {
            log.error(
                "set aside in quarantine", [LogField("file", finding.file), LogField("reason", finding.reason)])
        }
        if rejected > 0 { log.error("params that were none", [LogField("count", rejected)]) }
    }

    private static func fault(_ error: StorageError, _ directory: String) -> Fault {
        switch error {
        case .inUse: Fault(.dataDirectoryInUse, "--data-dir \(directory): \(error)")
        case .refused: Fault(.damagedData, "--data-dir \(directory): \(error)")
        case .failed: Fault(.dataDirectoryUnusable, "--data-dir \(directory): \(error)")
        }
    }
}
