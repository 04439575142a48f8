import Glibc
import Relay
import RelayLog
import RelayNet
import RelayThreads

/// What the HTTP ports have in common.
struct PortSetup {
    let log: Log
    private let limits: HTTPLimits
    private let proxies: TrustedProxies
    /// Who goes on with connections that ask for a WebSocket.
    var webSockets: LoopExecutor?

    init(_ settings: Settings, _ log: Log) {
        self.log = log
        var limits = HTTPLimits()
        limits.maxConnections = settings.limits.httpConnections
        limits.maxConnectionsPerClient = settings.limits.httpPerAddress ?? .max
        self.limits = limits
        proxies = settings.web.proxies
    }

    func open(
        _ listeners: [Listener], _ executor: LoopExecutor, _ router: Router, _ tls: TLSContext?
    ) throws(Fault) -> HTTPPort {
        do throws(SystemError) {
            return try HTTPPort(
                on: executor, listeners: listeners, router: router, limits: limits, proxies: proxies, tls: tls,
                webSockets: webSockets, observe: { [log] in log.debug("request", $0.fields) })
        } catch {
            throw Fault(.relayUnhealthy, "\(error)", status: EX_OSERR)
        }
    }
}

extension HTTPExchange {
    /// The query is left out: it is where careless programs put their secrets.
    fileprivate var fields: [LogField] {
        var fields = [LogField("status", status.code), LogField("ms", milliseconds)]
        if let head {
            fields += [LogField("method", head.method.rawValue), LogField("path", head.path)]
            if let id = head.requestID { fields.append(LogField("request_id", id)) }
        }
        if let address = client?.address { fields.append(LogField("client", address.description)) }
        return fields
    }
}

/// Adds what the main HTTP port knows of itself to a status. Made before that port is, which needs it.
final class HTTPFigures: Sendable {
    private let port = Monitor<HTTPPort?>(nil)

    func watch(_ port: HTTPPort) { self.port.withLock { $0 = port } }

    func fill(_ status: RelayStatus) async -> RelayStatus {
        guard let port = port.withLock({ $0 }) else { return status }
        var status = status
        status.http = await port.counters
        status.limits.take(from: status.http)
        return status
    }
}
