import Relay
import RelayLog
import RelayNet
import RelayThreads

/// SIGHUP: reads the settings again, and takes over what can change while the relay runs.
final class Reloading: Sendable {
    private let current: Monitor<LoadedSettings>
    private let invocation: Invocation
    private let tls: TLSContext?
    private let accounts: Accounts?
    private let writer: LogWriter
    private let log: Log

    init(
        _ loaded: LoadedSettings, _ invocation: Invocation, _ tls: TLSContext?, _ accounts: Accounts?,
        _ writer: LogWriter
    ) {
        current = Monitor(loaded)
        self.invocation = invocation
        self.tls = tls
        self.accounts = accounts
        self.writer = writer
        log = writer.log(for: "relay")
    }

    /// Blocks while it reads files. What is wrong is said, and nothing is changed then.
    func reload() {
        reloadCertificate()
        switch SettingsLoader.load(invocation) {
        case .failure(let faults):
            for fault in faults.list { log.error("the settings stay as they were", [LogField("fault", fault.text)]) }
        case .success(let fresh):
            let reload = current.withLock { current in
                let reload = current.reloaded(from: fresh)
                current = reload.loaded
                return reload
            }
            writer.use(reload.loaded.settings.log.effectiveFilter)
            reloadAccounts(reload.loaded.settings)
            log.info(
                "settings read again",
                [
                    LogField("changed", reload.changed.joined(separator: " ")),
                    LogField("after_restart", reload.pending.joined(separator: " ")),
                ])
        }
    }

    private func reloadAccounts(_ settings: Settings) {
        guard let accounts else { return }
        do throws(Fault) {
            hand(settings, try Startup.appConfig(settings.state.appConfig), to: accounts)
        } catch {
            log.error("the settings of accounts stay as they were", [LogField("fault", error.text)])
        }
    }

    private func reloadCertificate() {
        guard let tls else { return }
        do throws(TLSError) {
            try tls.reload()
            log.info("certificate read again", [LogField("serial", tls.serial)])
        } catch {
            log.error("the certificate stays as it was", [LogField("reason", error.description)])
        }
    }
}

/// Nobody's function: a task made in the program's own context would wait for a queue that nobody serves.
private nonisolated func hand(_ settings: Settings, _ config: AppConfig, to accounts: Accounts) {
    Task.detached { await accounts.use(settings, config) }
}
