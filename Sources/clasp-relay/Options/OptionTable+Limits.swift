/// How much peers may ask for. The reasons for the figures stand in `docs/configuration.md`.
extension OptionTable {
    static let limits: [Option] = [
        Option(
            "max-sessions", \.limits.sessions, .numberOrNone(upTo: 1_000_000), in: .limits,
            "WebSockets open at a time; 0 for as many as there are descriptors"
        ).limits(.maxSessions).reloadable,
        Option(
            "max-sessions-per-user", \.limits.sessionsPerUser, .numberOrNone(upTo: 1_000_000), in: .limits,
            "of one user; 0 for any number"
        ).limits(.maxSessionsPerUser).reloadable,
        Option(
            "max-sessions-per-address", \.limits.sessionsPerAddress, .numberOrNone(upTo: 1_000_000), in: .limits,
            "of one client address, or one /64 of IPv6; 0 for any number"
        ).limits(.maxSessionsPerAddress),
        Option(
            "max-subscriptions", \.limits.subscriptions, .number(1...1_000_000), in: .limits,
            "subscriptions of one session"
        ).limits(.maxSubscriptions).reloadable,
        Option(
            "max-params", \.limits.params, .numberOrNone(upTo: 100_000_000), in: .limits,
            "params of the relay; further addresses are refused, nothing is evicted"
        ).limits(.maxParams).reloadable,
        Option(
            "max-params-per-user", \.limits.paramsPerUser, .numberOrNone(upTo: 100_000_000), in: .limits,
            "of them, made by one user since the start, and still there; 0 for any number"
        ).limits(.maxParamsPerUser).reloadable,
        Option(
            "max-params-per-guest", \.limits.paramsPerGuest, .numberOrNone(upTo: 100_000_000), in: .limits,
            "and by one guest"
        ).limits(.maxParamsPerGuest).reloadable,
        Option(
            "max-definitions", \.limits.definitions, .number(1...10_000_000), in: .limits, "announced signals"
        ).limits(.maxDefinitions).reloadable,
        Option(
            "max-message", \.limits.messageBytes, .bytes(1_024...65_547), in: .limits,
            "one message; the protocol has no larger ones"
        ).limits(.maxMessage),
        Option(
            "inflate-ratio", \.limits.inflateRatio, .number(1...1_000), in: .limits,
            "how many times larger than its compressed form a message above 16 KiB may be"
        ).limits(.inflateRatio),
        Option(
            "max-queue", \.limits.queueBytes, .bytes((256 << 10)...(1 << 30)), in: .limits,
            "output that may wait for one slow peer"
        ).limits(.maxQueue),
        Option(
            "lagging-mark", \.limits.laggingBytes, .bytes((128 << 10)...(1 << 29)), in: .limits,
            "waiting output from which on a peer gets only the newest value of each param"),
        Option(
            "max-http-connections", \.limits.httpConnections, .number(16...65_536), in: .limits,
            "connections of the HTTP port"
        ).limits(.maxHTTPConnections),
        Option(
            "max-http-per-address", \.limits.httpPerAddress, .numberOrNone(upTo: 65_536), in: .limits,
            "and of one client address"
        ).limits(.maxHTTPPerAddress),
    ]

    static let pace: [Option] = [
        Option(
            "rate", \.limits.rate, .numberOrNone(upTo: 1_000_000), in: .limits,
            "messages a second and session, in authenticated mode; 0 for any number"
        ).limits(.rate).reloadable,
        Option(
            "burst", \.limits.burst, .number(1...1_000_000), in: .limits, "messages above that rate after a pause"
        ).reloadable,
        Option(
            "free-subscribes", \.limits.freeSubscribes, .number(0...1_000_000), in: .limits,
            "first SUBSCRIBEs of a session that do not count: clients send all again after a reconnect"
        ).reloadable,
        Option(
            "accept-rate", \.limits.acceptsPerSecond, .numberOrNone(upTo: 1_000_000), in: .limits,
            "new connections a second; those above wait in the backlog; 0 for any number"),
        Option(
            "handshake-timeout", \.limits.handshakeTimeout, .duration(.seconds(1) ... .seconds(120)), in: .limits,
            "from accept to the end of the upgrade request"
        ).limits(.handshakeTimeout),
        Option(
            "hello-timeout", \.limits.helloTimeout, .duration(.seconds(1) ... .seconds(120)), in: .limits,
            "from the upgrade to HELLO"
        ).limits(.helloTimeout),
        Option(
            "session-timeout", \.limits.sessionTimeout, .durationOrNone(.seconds(10) ... .seconds(604_800)),
            in: .limits, "without any sign of life, then the session is closed; 0 for never"
        ).limits(.sessionTimeout),
        Option(
            "ping-interval", \.limits.pingInterval, .duration(.seconds(1) ... .seconds(3_600)), in: .limits,
            "of silence, then the relay pings"
        ).limits(.pingInterval),
        Option(
            "max-missed-pings", \.limits.missedPings, .number(1...100), in: .limits,
            "pings without an answer, then the connection is given up"),
        Option(
            "stall-timeout", \.limits.stallTimeout, .duration(.seconds(1) ... .seconds(600)), in: .limits,
            "without a slow peer taking anything, then it is closed"
        ).limits(.stallTimeout),
        Option(
            "flush-interval", \.limits.flushInterval, .duration(.zero ... .milliseconds(100)), in: .limits,
            "how long output is gathered while messages keep coming; 0 sends at once"),
    ]

    static let auth: [Option] = [
        Option(
            "open", \.auth.isOpen, .toggle, in: .auth, "ask nobody for a token: everybody may read and write everything"
        ),
        Option(
            "auth-db", \.auth.database, .optionalPath(.file, "FILE"), in: .auth,
            "accounts, as SQLite; without it users.db in the data directory"),
        Option("registration", \.auth.registration, .choice, in: .auth, "who may make an account").reloadable,
        Option(
            "guests", \.auth.guests, .choice, in: .auth, "whether people get in without an account"
        ).reloadable,
        Option(
            "token-ttl", \.auth.tokenTTL, .durationOrNone(.seconds(60) ... .seconds(315_360_000)), in: .auth,
            "lifetime of a token; 0 for no end"
        ).reloadable,
        Option(
            secret: "admin-token", \.auth.adminToken, in: .auth,
            "token of the administrator, made if the file does not exist; also opens /metrics and /status to others "
                + "than this machine"),
        Option(
            "signing-keys", \.auth.signingKeys, .optionalPath(.file, "FILE"), in: .auth,
            "JSON file that names the keys of signed tokens (JWT), which then count as well"
        ).reloadable,
        Option(
            "cookie", \.auth.hasCookie, .toggle, in: .auth,
            "give pages of ours their token in a cookie as well, and take it from there"),
        Option(
            "login-attempts", \.auth.loginAttempts, .optionalNumber(1...10_000), in: .auth,
            "failed logins of one user or address in the window; without it what the app config says, else 5"
        ).limits(.loginAttempts).reloadable,
        Option(
            "login-window", \.auth.loginWindow, .optionalDuration(.seconds(1) ... .seconds(86_400)), in: .auth,
            "without it what the app config says, else 60s"
        ).reloadable,
        Option(
            "register-attempts", \.auth.registerAttempts, .optionalNumber(1...10_000), in: .auth,
            "new accounts and guests of one address in the window; without it what the app config says, else 10"
        ).limits(.registerAttempts).reloadable,
        Option(
            "register-window", \.auth.registerWindow, .optionalDuration(.seconds(1) ... .seconds(86_400)), in: .auth,
            "without it what the app config says, else 60s"
        ).reloadable,
        Option(
            "hash-workers", \.auth.hashWorkers, .optionalNumber(1...64), in: .auth,
            "passwords hashed at a time; without it one fewer than there are cores, four at most"),
        Option(
            "hash-queue", \.auth.hashQueue, .number(1...10_000), in: .auth,
            "and how many may wait for that, a quarter of them from one client"
        ).limits(.hashQueue),
    ]
}
