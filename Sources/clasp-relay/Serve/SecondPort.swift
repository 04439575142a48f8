import Glibc
import Relay
import RelayNet

/// The HTTP side: accounts, health, metrics, the web.
struct SecondPort {
    private let accounts: Accounts?
    private let ports: [HTTPPort]
    private let executors: [LoopExecutor]
    /// What to tell the operator.
    let addresses: [String]

    init(
        _ settings: Settings, _ accounts: Accounts?, on executor: LoopExecutor, tls: TLSContext?,
        inherited: [Listener], relayPort: UInt16, status: @escaping StatusRoutes.Source
    ) throws(Fault) {
        self.accounts = accounts
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
        var ports: [HTTPPort] = []
        var executors: [LoopExecutor] = []
        var addresses: [String] = []
        if let endpoint = settings.server.httpEndpoint {
            let listener = try Startup.listen(endpoint, option: "auth-port", among: inherited)
            ports.append(try Self.open(listener, executor, router, settings, tls))
            executors.append(executor)
            addresses.append((tls == nil ? "http://" : "https://") + endpoint.text(port: listener.port))
        }
        for (port, option) in [
            (settings.server.healthPort, "health-port"), (settings.server.metricsPort, "metrics-port"),
        ] {
            guard let port else { continue }
            let executor = try Startup.executor()
            let listener = try Startup.listen(.tcp(host: settings.server.host, port: port), option: option)
            var router = Router()
            if option == "health-port" {
                StatusRoutes.mountHealth(on: &router, status)
            } else {
                StatusRoutes.mountMetrics(on: &router, access: .all, status)
            }
            ports.append(try Self.open(listener, executor, router, settings, nil))
            executors.append(executor)
        }
        self.ports = ports
        self.executors = executors
        self.addresses = addresses
    }

    private static func open(
        _ listener: Listener, _ executor: LoopExecutor, _ router: Router, _ settings: Settings, _ tls: TLSContext?
    ) throws(Fault) -> HTTPPort {
        var limits = HTTPLimits()
        limits.maxConnections = settings.limits.httpConnections
        limits.maxConnectionsPerClient = settings.limits.httpPerAddress ?? .max
        do throws(SystemError) {
            return try HTTPPort(
                on: executor, listeners: [listener], router: router, limits: limits,
                proxies: settings.web.proxies, tls: tls)
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }

    func start() throws(Fault) {
        do throws(SystemError) {
            for port in ports { try port.start() }
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }

    /// The counters of the main port.
    func counters() async -> HTTPCounters {
        guard let port = ports.first else { return HTTPCounters() }
        return await port.counters
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
