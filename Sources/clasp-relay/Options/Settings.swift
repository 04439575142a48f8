import RelayLog
import RelayNet
import RelayStorage

/// Everything an operator can decide, with the defaults of the product. Plain values: where they came from stands in
/// `LoadedSettings`, what they are called in `OptionTable`.
struct Settings: Sendable, Equatable {
    var server = Server()
    var web = Web()
    var tls = TLS()
    var state = State()
    var storage = Storage()
    var limits = Limits()
    var auth = Auth()
    var log = Log()

    /// Where the relay listens and what it calls itself.
    struct Server: Sendable, Equatable {
        var port: UInt16 = 7330
        /// Of the HTTP port: accounts, health, metrics, the web.
        var authPort: UInt16 = 7350
        var host = "127.0.0.1"
        /// Instead of host and port.
        var listen: Endpoint?
        var authListen: Endpoint?
        /// HTTP and WebSocket share `port`.
        var isSinglePort = false
        /// Nil: only on the HTTP port.
        var healthPort: UInt16?
        var metricsPort: UInt16?
        var name = "CLASP Relay"
        var environment = Environment.development
        var drainTimeout = Duration.seconds(30)
        /// Within that time, how long the closing of connections is spread over.
        var drainSpread = Duration.seconds(20)

        /// What the WebSocket port listens on.
        var webSocketEndpoint: Endpoint { listen ?? .tcp(host: host, port: port) }
        /// What the HTTP port listens on; nil when there is only one port.
        var httpEndpoint: Endpoint? { isSinglePort ? nil : authListen ?? .tcp(host: host, port: authPort) }
    }

    /// What browsers and proxies need.
    struct Web: Sendable, Equatable {
        /// Empty: any in authenticated mode, only the host's own in open mode.
        var origins: [String] = []
        var trustedProxies = AddressRange.loopback
        var trustsCloudflare = false
        /// The web application, served on the HTTP port.
        var staticDirectory: String?
        var isDeflateOn = false
    }

    struct TLS: Sendable, Equatable {
        var certificate: String?
        var key: String?
    }

    /// What is kept, for how long, and under which rules.
    struct State: Sendable, Equatable {
        /// Nil: look for the single `*.json` in `/etc/clasp`, else in `./config`.
        var appConfig: String?
        var paramTTL: Duration?
        var signalTTL: Duration? = .seconds(3_600)
        /// Neither params nor definitions expire unless a client asks for it.
        var keepsAll = false

        /// The lifetime of a param that came without one.
        var defaultParamTTL: Duration? { keepsAll ? nil : paramTTL }
        var defaultSignalTTL: Duration? { keepsAll ? nil : signalTTL }
    }

    struct Storage: Sendable, Equatable {
        var directory = "./data"
        /// The reference's way to say the same.
        var stateFile: String?
        var snapshotInterval = Duration.seconds(60)
        var durability = Durability.journal
        var syncInterval = Duration.milliseconds(100)
        var recovery = RecoveryMode.lastGood
        var historyAge = Duration.seconds(24 * 3_600)
        var historyBytes = 256 << 20
        /// Shares of the disk.
        var degradedAt = 0.80
        var readOnlyAt = 0.95

        var options: StorageOptions {
            var options = StorageOptions(directory: directory)
            options.durability = durability
            options.recovery = recovery
            options.syncInterval = syncInterval
            options.historyAge = historyAge
            options.historyBytes = Int64(clamping: historyBytes)
            options.watermarks = DiskWatermarks(degraded: degradedAt, readOnly: readOnlyAt)
            return options
        }
    }

    /// Nil stands for no limit.
    struct Limits: Sendable, Equatable {
        var sessions: Int? = 1_000
        var sessionsPerUser: Int? = 20
        var sessionsPerAddress: Int? = 50
        var acceptsPerSecond: Int? = 100
        var handshakeTimeout = Duration.seconds(10)
        var helloTimeout = Duration.seconds(10)
        var messageBytes = 65_547
        var inflateRatio = 100
        var queueBytes = 1 << 20
        var laggingBytes = 256 << 10
        var stallTimeout = Duration.seconds(30)
        var sessionTimeout: Duration? = .seconds(300)
        var pingInterval = Duration.seconds(25)
        var missedPings = 2
        var flushInterval = Duration.milliseconds(1)
        /// Messages a second, in authenticated mode.
        var rate: Int? = 30
        var burst = 300
        /// The first SUBSCRIBEs of a session that are not counted.
        var freeSubscribes = 1_000
        var subscriptions = 1_000
        var params: Int? = 100_000
        var paramsPerGuest: Int? = 1_000
        var paramsPerUser: Int? = 10_000
        var definitions = 10_000
        var httpConnections = 4_096
        var httpPerAddress: Int? = 50
    }

    struct Auth: Sendable, Equatable {
        /// No accounts are asked for: anybody may read and write everything.
        var isOpen = false
        /// Nil: `users.db` in the data directory.
        var database: String?
        var registration = Registration.open
        var guests = Guests.open
        var tokenTTL: Duration? = .seconds(86_400)
        var adminToken = Secret()
        /// The file that names the keys of signed tokens; nil: none count.
        var signingKeys: String?
        /// Browsers may keep their token in a cookie.
        var hasCookie = false
        /// Nil: what the application's config says, else five.
        var loginAttempts: Int?
        var loginWindow: Duration?
        var registerAttempts: Int?
        var registerWindow: Duration?
        /// Threads that hash passwords; nil for as many as the machine can spare.
        var hashWorkers: Int?
        var hashQueue = 64
    }

    struct Log: Sendable, Equatable {
        var filter = LogFilter()
        var isVerbose = false
        var format = LogFormat.auto
        /// Nil: standard error.
        var file: String?
        /// At which the file is renamed and a new one begun; 0 for never.
        var fileBytes = 0

        /// What holds when `--verbose` was said and no filter.
        var effectiveFilter: LogFilter {
            isVerbose && filter == LogFilter() ? LogFilter(.debug) : filter
        }
    }
}

/// An address and port, or a socket in the file system.
enum Endpoint: Sendable, Equatable {
    case tcp(host: String, port: UInt16)
    case unix(path: String)
}

enum Environment: String, Sendable, CaseIterable {
    /// Lenient: what is risky gets a warning.
    case development
    /// What is risky is refused.
    case production
}

enum Registration: String, Sendable, CaseIterable {
    case open
    case inviteOnly = "invite-only"
    case closed
}

enum Guests: String, Sendable, CaseIterable {
    case open
    case closed
}

enum LogFormat: String, Sendable, CaseIterable {
    /// Text at a terminal, JSON otherwise.
    case auto
    case text
    case json
}

/// Something to be shown to nobody: given itself, or by the name of the file that holds it.
struct Secret: Sendable, Equatable {
    var text: String?
    var file: String?
}
