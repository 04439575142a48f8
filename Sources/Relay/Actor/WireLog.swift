package import RelayLog
import RelayNet
import RelayProtocol

/// What the log says of connections and messages: who comes and goes at `info`, what clients ask for and what is refused
/// at `debug`, each frame at `trace`. Never a value, and never a token.
package struct WireLog: Sendable {
    /// Connections.
    let net: Log
    /// CLASP, and the relay's own life.
    let hub: Log
    private var turnedAway = TurnedAway()
    private var limits = LimitCounters()

    package init(net: Log, hub: Log) {
        self.net = net
        self.hub = hub
    }

    /// Whether it is worth looking at messages; asked once a batch.
    var saysOperations: Bool { hub.isOn(.debug) }

    // MARK: Connections

    func opened(_ session: SessionID, _ upgrade: Upgrade) {
        net.info(
            "client connected",
            .these(
                .session(session), upgrade.client.address.map { LogField("client", $0.description) },
                upgrade.head.requestID.map { LogField("request_id", $0) }))
    }

    func closed(_ session: SessionID?, _ user: Subject?, _ closure: Closure) {
        net.info(
            "client gone",
            .these(
                .session(session), .user(user), LogField("cause", closure.cause.rawValue),
                LogField("code", closure.code.rawValue)))
    }

    // MARK: Messages

    func received(_ bytes: RawSpan, from session: SessionID?) {
        do throws(WireError) {
            let frame = try ClaspFrame(reading: bytes)
            let payload = bytes.bytes(frame.payload)
            hub.trace(
                "frame in",
                .these(
                    .session(session), LogField("bytes", bytes.byteCount), LogField("flags", frame.flags),
                    LogField("payload", payload.byteCount)))
            if MessageDecoder.isLegacy(payload) {
                let legacy = try LegacyTranscoder(payload)
                operation(try legacy.message(), in: legacy.payload.rawSpan, session)
            } else {
                operation(try MessageDecoder.decode(payload), in: payload, session)
            }
        } catch {
            hub.debug(
                "not a message",
                .these(
                    .session(session), LogField("bytes", bytes.byteCount), LogField("reason", error.sentence)))
        }
    }

    private func operation(_ message: Message, in payload: RawSpan, _ session: SessionID?) {
        hub.debug(
            "operation",
            .these(
                .session(session), LogField("type", message.type.name.description), .place(of: message, in: payload)))
    }

    /// A frame that is handed to `count` listeners, one of them being `session`.
    func sent(_ frame: RawSpan, to session: SessionID?, of count: Int) {
        guard frame.byteCount > ClaspFrame.shortHeaderBytes else { return }
        let code = frame.byte(at: ClaspFrame.shortHeaderBytes)
        hub.trace(
            "frame out",
            .these(
                count == 1 ? .session(session) : nil,
                LogField("type", MessageType(rawValue: code)?.name.description ?? "?"),
                LogField("bytes", frame.byteCount), LogField("listeners", count)))
        if code == MessageType.error.rawValue { refused(frame, session) }
    }

    /// An ERROR. Those that end a HELLO are attempts to sign in, as interesting as the ones over HTTP.
    private func refused(_ frame: RawSpan, _ session: SessionID?) {
        let payload = frame.extracting(ClaspFrame.shortHeaderBytes..<frame.byteCount)
        guard case .error(let error)? = try? MessageDecoder.decode(payload) else { return }
        func fields() -> [LogField] {
            .these(
                .session(session), LogField("code", error.code),
                LogField("reason", payload.bytes(error.text).text),
                error.address.map { .address(payload.bytes($0)) })
        }
        switch error.code {
        case 300, 302: hub.info("token refused", fields())
        // A limit, which has a line of its own.
        case 429: return
        default: hub.debug("refused", fields())
        }
    }

    // MARK: The end

    func leaving(_ connections: Int) { hub.info("leaving", [LogField("connections", connections)]) }

    func gone() { hub.info("gone") }

    // MARK: Once a second

    /// Limits that were met since the last time: a line for each, however often that was.
    mutating func met(_ counters: LimitCounters, by sessions: [LimitName: SessionID]) {
        defer { limits = counters }
        guard counters != limits else { return }
        for limit in LimitName.allCases where counters[limit] > limits[limit] {
            hub.info(
                "limit met",
                .these(
                    LogField("limit", limit.name), LogField("times", counters[limit] - limits[limit]),
                    .session(sessions[limit])))
        }
    }

    /// Connections that never became WebSockets.
    mutating func turnedAway(_ counters: NetCounters) {
        let now = TurnedAway(counters)
        defer { turnedAway = now }
        guard now != turnedAway else { return }
        net.info(
            "connections turned away",
            [
                LogField("origin", now.origin - turnedAway.origin),
                LogField("no_descriptor", now.noDescriptor - turnedAway.noDescriptor),
                LogField("malformed", now.malformed - turnedAway.malformed),
            ])
    }

    /// What no limit with a name stands for.
    private struct TurnedAway: Equatable {
        var origin: UInt64 = 0
        var noDescriptor: UInt64 = 0
        var malformed: UInt64 = 0

        init() {}

        init(_ counters: NetCounters) {
            origin = counters.refusedOrigin
            noDescriptor = counters.refusedNoDescriptor
            malformed = counters.refusedHandshake
        }
    }
}

extension [LogField] {
    /// Those that there are.
    fileprivate static func these(_ fields: LogField?...) -> [LogField] { fields.compactMap { $0 } }
}

extension LogField {
    fileprivate static func session(_ id: SessionID?) -> LogField? {
        id.map { LogField("session", String(decoding: $0.text, as: UTF8.self)) }
    }

    fileprivate static func user(_ subject: Subject?) -> LogField? { subject.map { LogField("user", $0.text) } }

    fileprivate static func address(_ bytes: RawSpan) -> LogField { LogField("address", bytes.text) }

    /// Which address or pattern a message is about.
    fileprivate static func place(of message: Message, in payload: RawSpan) -> LogField? {
        switch message {
        case .set(let message): .address(payload.bytes(message.address))
        case .publish(let message): .address(payload.bytes(message.address))
        case .get(let address): .address(payload.bytes(address))
        case .subscribe(let message): LogField("pattern", payload.bytes(message.pattern).text)
        case .query(let pattern): LogField("pattern", payload.bytes(pattern).text)
        case .replay(let message): LogField("pattern", payload.bytes(message.pattern).text)
        case .announce(let message): LogField("namespace", payload.bytes(message.namespace).text)
        case .unsubscribe(let id): LogField("id", id)
        case .hello(let message): LogField("name", payload.bytes(message.name).text)
        case .bundle(let message): LogField("messages", message.messages.count)
        case .welcome, .snapshot, .ack, .error, .result, .sync, .ping, .pong, .federationSync: nil
        }
    }
}

extension RawSpan {
    fileprivate var text: String { String(decoding: array, as: UTF8.self) }
}
