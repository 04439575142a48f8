/// Every option there is. Flags, variables, keys of `config.toml`, `--help`, the manual page, the completions and
/// `docs/configuration.md` are all made from this.
enum OptionTable {
    static let all: [Option] = server + web + tls + state + storage + limits + pace + auth + log

    private static let server: [Option] = [
        Option("port", \.server.port, .port, in: .server, "WebSocket port, which CLASP clients connect to")
            .also("ws-port", short: "p").known(as: "PORT"),
        Option(
            "auth-port", \.server.authPort, .port, in: .server,
            "HTTP port: accounts, health, metrics, the web application"),
        Option("host", \.server.host, .host, in: .server, "address that every port is bound to"),
        Option(
            "listen", \.server.listen, .endpoint, in: .server,
            "where the WebSocket port listens, instead of --host and --port"
        ).known(as: "LISTEN_ADDR"),
        Option(
            "auth-listen", \.server.authListen, .endpoint, in: .server,
            "where the HTTP port listens, instead of --host and --auth-port"),
        Option(
            "single-port", \.server.isSinglePort, .toggle, in: .server,
            "serve HTTP on the WebSocket port too, and open no other"),
        Option(
            "health-port", \.server.healthPort, .optionalPort, in: .server,
            "one more port for health alone; it is always on the HTTP port"),
        Option(
            "metrics-port", \.server.metricsPort, .optionalPort, in: .server,
            "one more port for /metrics alone, open to whoever reaches it"),
        Option("name", \.server.name, .text("NAME", 1...128), in: .server, "what clients are told in WELCOME").short(
            "n"),
        Option(
            "env", \.server.environment, .choice, in: .server,
            "production turns warnings about risky settings into refusals"),
        Option(
            "drain-timeout", \.server.drainTimeout, .duration(.zero ... .seconds(3_600)), in: .server,
            "longest time from SIGTERM to the end"),
        Option(
            "drain-spread", \.server.drainSpread, .duration(.zero ... .seconds(3_600)), in: .server,
            "longest time that the closing of connections, 10 ms apart, is spread over, so that clients do not come back "
                + "all at once"),
    ]

    private static let web: [Option] = [
        Option(
            "cors-origin", \.web.origins, .origins, in: .web,
            "web pages that may use the relay; may be repeated; without it all in authenticated mode, those of the "
                + "same host in open mode"
        ).known(as: "CLIENT_ORIGIN").reloadable,
        Option(
            "trusted-proxies", \.web.trustedProxies, .networks, in: .web,
            "whose X-Forwarded-For is believed; may be repeated"),
        Option(
            "trust-cloudflare", \.web.trustsCloudflare, .toggle, in: .web,
            "believe CF-Connecting-IP from trusted proxies"),
        Option(
            "static-dir", \.web.staticDirectory, .optionalPath(.directory, "DIR"), in: .web,
            "files of a web application to serve on the HTTP port"
        ).known(as: "STATIC_FILES_PATH"),
        Option("deflate", \.web.isDeflateOn, .toggle, in: .web, "compress for clients that ask (permessage-deflate)"),
    ]

    private static let tls: [Option] = [
        Option(
            "tls-cert", \.tls.certificate, .optionalPath(.file, "FILE"), in: .tls,
            "certificate chain as PEM; with it the WebSocket and the HTTP port are encrypted"
        ).also("cert").reloadable,
        Option("tls-key", \.tls.key, .optionalPath(.file, "FILE"), in: .tls, "its private key as PEM").also("key")
            .reloadable,
    ]

    private static let state: [Option] = [
        Option(
            "app-config", \.state.appConfig, .optionalPath(.file, "FILE"), in: .state,
            "rules of the application; without it the only *.json in /etc/clasp, else the only one in ./config"
        ).reloadable,
        Option(
            "param-ttl", \.state.paramTTL, .durationOrNone(.seconds(1) ... .seconds(315_360_000)), in: .state,
            "lifetime of a param that came without one; 0 keeps it for ever"),
        Option(
            "signal-ttl", \.state.signalTTL, .durationOrNone(.seconds(1) ... .seconds(315_360_000)), in: .state,
            "lifetime of an announced signal; 0 keeps it for ever"),
        Option("no-ttl", \.state.keepsAll, .toggle, in: .state, "the same as --param-ttl 0 --signal-ttl 0"),
    ]

    private static let storage: [Option] = [
        Option("data-dir", \.storage.directory, .directory, in: .storage, "where state, journal and accounts are kept"),
        Option(
            "persist", \.storage.stateFile, .stateFile, in: .storage,
            "DIR/state.json says the same as --data-dir DIR; the state is always kept"),
        Option(
            "snapshot-interval", \.storage.snapshotInterval, .duration(.seconds(1) ... .seconds(86_400)), in: .storage,
            "time between two writings of state.json, when something changed"
        ).also("persist-interval"),
        Option(
            "durability", \.storage.durability, .choice, in: .storage,
            "what an ACK promises: none gives no ACK, journal survives a crash, fsync a power cut"),
        Option(
            "sync-interval", \.storage.syncInterval, .duration(.milliseconds(1) ... .seconds(60)), in: .storage,
            "longest time that a journal record stays unsynced"),
        Option(
            "recover", \.storage.recovery, .choice, in: .storage,
            "files that do not add up: strict refuses to start, last-good goes back to what is whole, salvage takes "
                + "whatever can be read"),
        Option(
            "history", \.storage.historyAge, .duration(.zero ... .seconds(31_536_000)), in: .storage,
            "how long the journal is kept beyond what a restart needs"),
        Option(
            "history-size", \.storage.historyBytes, .bytes(0...(1 << 40)), in: .storage,
            "and how much of it"),
        Option(
            "disk-degraded", \.storage.degradedAt, .share, in: .storage, "filled share of the disk that is reported"),
        Option(
            "disk-read-only", \.storage.readOnlyAt, .share, in: .storage,
            "filled share of the disk at which SET is refused"),
    ]

    private static let log: [Option] = [
        Option(
            "log", \.log.filter, .filter, in: .log,
            "who may say how much: off, error, warn, info, debug or trace, for all or as ROOM=LEVEL"
        ).also("log-level").known(as: "RUST_LOG").reloadable,
        Option("verbose", \.log.isVerbose, .toggle, in: .log, "the same as --log debug").short("v").reloadable,
        Option(
            "log-format", \.log.format, .choice, in: .log, "text, JSON lines, or auto: text at a terminal, else JSON"
        )
        .known(as: "LOG_FORMAT"),
        Option(
            "log-file", \.log.file, .optionalPath(.file, "FILE"), in: .log,
            "write the log there instead of to standard error; opened anew on SIGHUP, after somebody has renamed it"),
        Option(
            "log-file-size", \.log.fileBytes, .bytes(0...(1 << 40)), in: .log,
            "size at which the relay itself renames the file to FILE.1 and begins another; 0 for never"),
    ]
}

extension ValueKind where Value == String? {
    /// The state has a fixed name in the data directory, so only that can be asked for.
    fileprivate static var stateFile: ValueKind {
        ValueKind(
            form: .file, placeholder: "FILE", expectation: "a path that ends in state.json, the name it always has",
            read: { text in
                text == "state.json" || text.hasSuffix("/state.json") ? .some(text) : nil
            }, write: { $0 ?? "" })
    }
}
