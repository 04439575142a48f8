import Glibc
import Relay
import RelayAuth
import RelayLog
import RelayNet
import RelayThreads

/// The HTTP side: accounts, health, metrics, the web.
struct SecondPort {
    let accounts: Accounts?
    private let service: AuthService?
    private let ports: [HTTPPort]
    private let executors: [LoopExecutor]
    private let log: Log
    /// What to tell the operator.
    let addresses: [String]

    /// What the relay and the auth service share, open before either of them is.
    struct Accounts {
        let store: SQLiteAccounts
        let hasher: PasswordHasher
        /// Where the relay hears of tokens, and where the service does.
        let relayFeed: TokenFeed
        let ownFeed: TokenFeed
        let configuration: AuthConfiguration

        func close() {
            hasher.close()
            store.close()
        }
    }

    /// `webSockets` serves the relay's port; with a single port connections go to and fro between it and `executor`.
    init(
        _ settings: Settings, _ config: AppConfig, _ accounts: Accounts?, on executor: LoopExecutor,
        webSockets: LoopExecutor, tls: TLSContext?, _ writer: LogWriter, inherited: [Listener], relayPort: UInt16,
        status relayStatus: @escaping StatusRoutes.Source
    ) throws(Fault) {
        self.accounts = accounts
        log = writer.log(for: "relay")
        let figures = HTTPFigures()
        let status: StatusRoutes.Source = { await figures.fill(await relayStatus()) }
        var router = Router()
        StatusRoutes.mountHealth(on: &router, status)
        let access = StatusAccess(adminToken: try settings.auth.adminTokenText)
        StatusRoutes.mountStatus(on: &router, access: access, status)
        StatusRoutes.mountMetrics(on: &router, access: access, status)
        service = accounts.map { accounts in
            let scopes = config.scopes
            return AuthService(
                on: executor, store: accounts.store, hasher: accounts.hasher, feed: accounts.ownFeed,
                configuration: accounts.configuration, log: writer.log(for: "relay.auth"),
                scopes: { scopes.texts(for: $0) })
        }
        service?.addRoutes(to: &router)
        if let directory = settings.web.staticDirectory {
            ChatAddress(port: relayPort, isSecure: tls != nil, isOpen: settings.auth.isOpen).addRoute(to: &router)
            do throws(SystemError) {
                router.mount(try StaticFiles(root: directory))
            } catch {
                throw Fault(.unreadableFile, "--static-dir \(directory): \(error)")
            }
        }
        var setup = PortSetup(settings, writer.log(for: "relay.http"))
        var listeners: [Listener] = []
        if let endpoint = settings.server.httpEndpoint {
            listeners.append(try Startup.listen(endpoint, option: "auth-port", among: inherited))
        } else {
            setup.webSockets = webSockets
        }
        let main = try setup.open(listeners, executor, router, tls)
        figures.watch(main)
        let (extraPorts, extraExecutors) = try Self.extraPorts(settings, PortSetup(settings, setup.log), status)
        ports = [main] + extraPorts
        executors = [executor] + extraExecutors
        let place = settings.server.httpEndpoint ?? settings.server.webSocketEndpoint
        addresses = [(tls == nil ? "http://" : "https://") + place.text(port: listeners.first?.port ?? relayPort)]
    }

    /// One more port for health alone and one for metrics alone, never encrypted.
    private static func extraPorts(
        _ settings: Settings, _ setup: PortSetup, _ status: @escaping StatusRoutes.Source
    ) throws(Fault) -> (ports: [HTTPPort], executors: [LoopExecutor]) {
        var ports: [HTTPPort] = []
        var executors: [LoopExecutor] = []
        func add(_ port: UInt16?, _ option: String, _ mount: (inout Router) -> Void) throws(Fault) {
            guard let port else { return }
            let listener = try Startup.listen(.tcp(host: settings.server.host, port: port), option: option)
            var router = Router()
            mount(&router)
            let executor = try Startup.executor()
            ports.append(try setup.open([listener], executor, router, nil))
            executors.append(executor)
        }
        try add(settings.server.healthPort, "health-port") { StatusRoutes.mountHealth(on: &$0, status) }
        try add(settings.server.metricsPort, "metrics-port") {
            StatusRoutes.mountMetrics(on: &$0, access: .all, status)
        }
        return (ports, executors)
    }

    func start() throws(Fault) {
        do throws(SystemError) {
            for port in ports { try port.start() }
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }

    /// Takes what can change while the relay runs.
    func use(_ settings: Settings, _ config: AppConfig) async {
        guard let service else { return }
        do throws(Fault) {
            await service.use(try settings.authConfiguration(config.attempts, log))
        } catch {
            log.error("the accounts' settings stay as they were", [LogField("fault", error.text)])
        }
    }

    /// Answers what is being answered, and ends.
    func close() {
        for (port, executor) in zip(ports, executors) {
            shutDown(port)
            executor.join()
        }
        accounts?.close()
    }
}

/// Nobody's function: a task made in the program's own context would wait for a queue that nobody serves.
private nonisolated func shutDown(_ port: HTTPPort) {
    Task.detached { await port.shutDown(grace: .seconds(2)) }
}

extension SecondPort.Accounts {
    init(_ settings: Settings, _ config: AppConfig, relay: LoopExecutor, _ log: Log) throws(Fault) {
        let relayFeed = TokenFeed(wake: { relay.wake() })
        let ownFeed = TokenFeed()
        let path = settings.auth.database ?? settings.storage.directory + "/users.db"
        do {
            store = try SQLiteAccounts(
                path: path,
                publish: { changes in
                    relayFeed.push(changes)
                    ownFeed.push(changes)
                },
                complain: { log.error("the accounts' file", [LogField("error", "\($0)")]) })
            hasher = try PasswordHasher(workers: settings.auth.hashWorkers ?? Self.workers)
        } catch {
            throw Fault(.dataDirectoryUnusable, "\(path): failed to connect to database: \(error)")
        }
        if let admin = try settings.auth.adminToken(named: "admin-token") {
            for feed in [relayFeed, ownFeed] { feed.push([.stored(admin)]) }
        }
        self.relayFeed = relayFeed
        self.ownFeed = ownFeed
        configuration = try settings.authConfiguration(config.attempts, log)
    }

    /// One core is left to everything else, and more than four gain little: each takes 19 MiB.
    private static var workers: Int {
        max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1))
    }
}

extension Settings.Web {
    var proxies: TrustedProxies {
        TrustedProxies(trustedProxies, readsCloudflareHeader: trustsCloudflare)
    }
}

extension Settings.Auth {
    private static let adminName = "admin-bootstrap"

    /// The admin token as text, for the routes that ask for it.
    var adminTokenText: String? {
        get throws(Fault) {
            if let text = adminToken.text { return text }
            guard let file = adminToken.file else { return nil }
            // Made here if it is not there yet.
            _ = try adminToken(named: file)
            guard let bytes = try? TextFile.read(file).bytes else { return nil }
            return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
    }

    func adminToken(named option: String) throws(Fault) -> TokenRecord? {
        let now = UnixTime(microseconds: WallClock.now)
        if let file = adminToken.file {
            do throws(AdminToken.Fault) {
                return try AdminToken.load(file, at: now)
            } catch {
                throw Fault(.unreadableFile, "--admin-token: \(error)")
            }
        }
        return adminToken.text.map {
            TokenRecord(
                digest: TokenDigest(of: $0), kind: .admin, subject: AdminToken.subject, name: AdminToken.subject,
                scopes: ScopeList(AdminToken.scopes), created: now, expiry: nil)
        }
    }
}

extension Settings {
    /// What an option does not say the application's config does.
    func authConfiguration(_ attempts: AttemptLimits, _ log: RelayLog.Log) throws(Fault) -> AuthConfiguration {
        var configuration = AuthConfiguration()
        configuration.registration =
            switch auth.registration {
            case .open: .open
            case .inviteOnly: .invite
            case .closed: .closed
            }
        configuration.tokenLifetime = auth.tokenTTL
        configuration.loginRule = AttemptLimiter.Rule(
            maxAttempts: auth.loginAttempts ?? attempts.loginAttempts, window: auth.loginWindow ?? attempts.loginWindow)
        configuration.registrationRule = AttemptLimiter.Rule(
            maxAttempts: auth.registerAttempts ?? attempts.registerAttempts,
            window: auth.registerWindow ?? attempts.registerWindow)
        configuration.hashQueue = auth.hashQueue
        configuration.version = Version.number
        if !web.origins.isEmpty {
            var notes: [CrossOrigin.Remark] = []
            do throws(CrossOrigin.Remark) {
                configuration.crossOrigin = try CrossOrigin(web.origins, notes: &notes)
            } catch {
                throw Fault(.invalidValue, "--cors-origin: \(error)")
            }
            for note in notes { log.warn("settings", [LogField("note", note.description)]) }
        }
        return configuration
    }
}
