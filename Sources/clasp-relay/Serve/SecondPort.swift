import Glibc
import Relay
import RelayAuth
import RelayLog
import RelayNet
import RelayThreads

/// The HTTP side: accounts, health, metrics, the web.
struct SecondPort {
    private let accounts: Accounts?
    private let ports: [HTTPPort]
    private let executors: [LoopExecutor]
    /// What to tell the operator.
    let addresses: [String]

    /// `webSockets` serves the relay's port; with a single port connections go to and fro between it and `executor`.
    init(
        _ settings: Settings, _ accounts: Accounts?, on executor: LoopExecutor,
        webSockets: LoopExecutor, tls: TLSContext?, _ writer: LogWriter, inherited: [Listener], relayPort: UInt16,
        status relayStatus: @escaping StatusRoutes.Source
    ) throws(Fault) {
        self.accounts = accounts
        let figures = HTTPFigures()
        let status: StatusRoutes.Source = { await figures.fill(await relayStatus()) }
        var router = Router()
        StatusRoutes.mountHealth(on: &router, status)
        let access = StatusAccess(adminToken: try settings.auth.adminTokenText)
        StatusRoutes.mountStatus(on: &router, access: access, status)
        StatusRoutes.mountMetrics(on: &router, access: access, status)
        accounts?.service.addRoutes(to: &router)
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

extension Settings.Web {
    var proxies: TrustedProxies {
        TrustedProxies(trustedProxies, readsCloudflareHeader: trustsCloudflare)
    }
}
