import Glibc
import Relay
import RelayAuth
import RelayLog
import RelayNet

/// Who may connect, and as whom: what the relay and the second port share, open before either of them is.
struct Accounts: Sendable {
    let service: AuthService
    /// Where the relay hears of tokens.
    let relayFeed: TokenFeed

    private let store: SQLiteAccounts
    private let hasher: PasswordHasher
    private let feeds: [TokenFeed]
    private let log: RelayLog.Log

    /// The service answers on `executor`, the second port's own.
    init(
        _ settings: Settings, _ config: AppConfig, on executor: LoopExecutor, relay: LoopExecutor, _ writer: LogWriter
    ) throws(Fault) {
        let log = writer.log(for: "relay.auth")
        let ownFeed = TokenFeed()
        relayFeed = TokenFeed(wake: { relay.wake() })
        let feeds = [relayFeed, ownFeed]
        let path = settings.auth.database ?? settings.storage.directory + "/users.db"
        do {
            store = try SQLiteAccounts(
                path: path, publish: { changes in for feed in feeds { feed.push(changes) } },
                complain: { log.error("the accounts' file", [LogField("error", "\($0)")]) })
            hasher = try PasswordHasher(workers: settings.auth.hashWorkers ?? Self.workers)
        } catch {
            throw Fault(.dataDirectoryUnusable, "\(path): failed to connect to database: \(error)")
        }
        service = AuthService(
            on: executor, store: store, hasher: hasher, feed: ownFeed,
            configuration: try settings.authConfiguration(config, log), log: log)
        self.feeds = feeds
        self.log = log
        if let admin = try settings.auth.adminTokenRecord { push(.stored(admin)) }
        push(.keys(try signingKeys(settings)))
    }

    /// Takes over what may change while the relay runs. Blocks while it reads files; what is wrong with one is said, and
    /// stays as it was then.
    func use(_ settings: Settings, _ config: AppConfig) async {
        do throws(Fault) {
            await service.use(try settings.authConfiguration(config, log))
            push(.keys(try signingKeys(settings)))
        } catch {
            log.error("the settings of accounts stay as they were", [LogField("fault", error.text)])
        }
    }

    private func push(_ change: TokenChange) { for feed in feeds { feed.push([change]) } }

    private func signingKeys(_ settings: Settings) throws(Fault) -> SigningKeys {
        let keys = try settings.auth.loadSigningKeys()
        for file in keys.looseSecrets {
            log.warn("everybody on this machine may read the secret of a signing key", [LogField("file", file)])
        }
        if !keys.isEmpty { log.info("signing keys", [LogField("names", keys.names.joined(separator: " "))]) }
        return keys
    }

    func close() {
        hasher.close()
        store.close()
    }

    /// One core is left to everything else, and more than four gain little: each takes 19 MiB.
    private static var workers: Int {
        max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1))
    }
}
