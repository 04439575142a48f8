import Relay
import RelayLog
import RelayNet
import RelayThreads

/// SIGHUP: reads the settings again, and takes over what can change while the relay runs.
final class Reloading: Sendable {
    /// Hands other terms to those who live by them; whether the app config is another one, as that is dear to take over.
    typealias Apply = @Sendable (Settings, AppConfig, _ isOtherConfig: Bool) async -> Void

    private struct Current {
        var loaded: LoadedSettings
        var config: AppConfig
        var apply: Apply = { _, _, _ in }
    }

    private let current: Monitor<Current>
    private let invocation: Invocation
    private let tls: TLSContext?
    private let writer: LogWriter
    private let log: Log

    init(
        _ loaded: LoadedSettings, _ config: AppConfig, _ invocation: Invocation, _ tls: TLSContext?, _ writer: LogWriter
    ) {
        current = Monitor(Current(loaded: loaded, config: config))
        self.invocation = invocation
        self.tls = tls
        self.writer = writer
        log = writer.log(for: "relay")
    }

    /// To be called before the first signal.
    func apply(by apply: @escaping Apply) { current.withLock { $0.apply = apply } }

    /// Blocks while it reads files and until everybody has heard. What is wrong is said, and nothing is changed then.
    func reload() {
        switch SettingsLoader.load(invocation) {
        case .failure(let faults):
            for fault in faults.list { keep(fault) }
        case .success(let fresh):
            do throws(Fault) {
                take(fresh, try Startup.appConfig(fresh.settings.state.appConfig))
            } catch {
                keep(error)
            }
        }
    }

    private func keep(_ fault: Fault) { log.error("the settings stay as they were", [LogField("fault", fault.text)]) }

    private func take(_ fresh: LoadedSettings, _ config: AppConfig) {
        let (reload, isOtherConfig, apply) = current.withLock { current in
            let reload = current.loaded.reloaded(from: fresh)
            let isOtherConfig = config.text != current.config.text
            current.loaded = reload.loaded
            current.config = config
            return (reload, isOtherConfig, current.apply)
        }
        let settings = reload.loaded.settings
        writer.use(settings.log.effectiveFilter)
        reloadCertificate(settings.tls)
        let isDone = Monitor(false)
        hand({ await apply(settings, config, isOtherConfig) }) { isDone.change { $0 = true } }
        _ = isDone.wait { $0 ? true : nil }
        for note in config.notes { log.warn("app config", [LogField("note", note.text)]) }
        // Named once, be it the file or what it says that is another.
        let changed = reload.changed.filter { $0 != "app-config" } + (isOtherConfig ? ["app-config"] : [])
        log.info(
            "settings read again",
            [
                LogField("changed", changed.joined(separator: " ")),
                LogField("after_restart", reload.pending.joined(separator: " ")),
            ])
    }

    private func reloadCertificate(_ settings: Settings.TLS) {
        guard let tls, let certificate = settings.certificate, let key = settings.key else { return }
        do throws(TLSError) {
            try tls.use(certificate: certificate, key: key)
            log.info("certificate read again", [LogField("serial", tls.serial)])
        } catch {
            log.error("the certificate stays as it was", [LogField("reason", error.description)])
        }
    }
}

/// Nobody's function: a task made in the program's own context would wait for a queue that nobody serves.
private nonisolated func hand(
    _ apply: @escaping @Sendable () async -> Void, then: @escaping @Sendable () -> Void
) {
    Task.detached {
        await apply()
        then()
    }
}
