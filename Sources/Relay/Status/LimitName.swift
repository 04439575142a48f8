package import RelayNet

/// The bounds that a peer can meet, by the names that metrics, logs and the documents share.
///
/// Each has an option of the same name, a counter (`relay_limit_refusals_total{limit="…"}`), and something that the
/// peer is told.
package enum LimitName: Int, Sendable, CaseIterable {
    case maxSessions
    case maxSessionsPerUser
    case maxSessionsPerAddress
    case handshakeTimeout
    case helloTimeout
    case maxMessage
    case inflateRatio
    case maxQueue
    case stallTimeout
    case sessionTimeout
    case pingInterval
    case rate
    case maxSubscriptions
    case maxParams
    case maxParamsPerGuest
    case maxParamsPerUser
    case maxDefinitions
    case maxHTTPConnections
    case maxHTTPPerAddress
    case loginAttempts
    case registerAttempts
    case hashQueue

    package var name: String {
        switch self {
        case .maxSessions: "max_sessions"
        case .maxSessionsPerUser: "max_sessions_per_user"
        case .maxSessionsPerAddress: "max_sessions_per_address"
        case .handshakeTimeout: "handshake_timeout"
        case .helloTimeout: "hello_timeout"
        case .maxMessage: "max_message"
        case .inflateRatio: "inflate_ratio"
        case .maxQueue: "max_queue"
        case .stallTimeout: "stall_timeout"
        case .sessionTimeout: "session_timeout"
        case .pingInterval: "ping_interval"
        case .rate: "rate"
        case .maxSubscriptions: "max_subscriptions"
        case .maxParams: "max_params"
        case .maxParamsPerGuest: "max_params_per_guest"
        case .maxParamsPerUser: "max_params_per_user"
        case .maxDefinitions: "max_definitions"
        case .maxHTTPConnections: "max_http_connections"
        case .maxHTTPPerAddress: "max_http_per_address"
        case .loginAttempts: "login_attempts"
        case .registerAttempts: "register_attempts"
        case .hashQueue: "hash_queue"
        }
    }

    /// What the peer that meets it is told.
    package var answer: LimitAnswer {
        switch self {
        case .maxSessions: .close(1013, "the relay is full (max-sessions)")
        case .maxSessionsPerUser: .close(1008, "too many connections of this user (max-sessions-per-user)")
        case .maxSessionsPerAddress: .http(503)
        case .handshakeTimeout: .nothing("the connection is closed")
        case .helloTimeout: .close(1002, "no HELLO in time")
        case .maxMessage, .inflateRatio: .close(1009, "message too big")
        case .maxQueue, .stallTimeout: .close(1013, "too slow")
        case .sessionTimeout: .close(1001, "idle")
        case .pingInterval: .nothing("the connection is closed: nobody answers there")
        case .rate: .error(429, "RateLimited")
        case .maxSubscriptions: .error(429, "TooManySubscriptions")
        case .maxParams, .maxParamsPerGuest, .maxParamsPerUser: .error(400, "AtCapacity")
        case .maxDefinitions: .error(429, "TooManyDefinitions")
        case .maxHTTPConnections, .maxHTTPPerAddress, .hashQueue: .http(503)
        case .loginAttempts, .registerAttempts: .http(429)
        }
    }
}

/// How a refusal reaches the peer.
package enum LimitAnswer: Sendable, Equatable {
    /// A CLASP ERROR of that code, whose text contains the words.
    case error(UInt16, String)
    /// The WebSocket is closed with that code and reason.
    case close(UInt16, String)
    /// An HTTP response of that status.
    case http(Int)
    case nothing(String)
}

extension LimitAnswer: CustomStringConvertible {
    package var description: String {
        switch self {
        case .error(let code, let text): "ERROR \(code) \"\(text)\""
        case .close(let code, let reason): "close \(code) \"\(reason)\""
        case .http(let status): "HTTP \(status)"
        case .nothing(let what): what
        }
    }
}

/// How often each limit was met.
package struct LimitCounters: Sendable, Equatable {
    private var counts = [UInt64](repeating: 0, count: LimitName.allCases.count)

    package init() {}

    package mutating func count(_ limit: LimitName, _ times: UInt64 = 1) { counts[limit.rawValue] &+= times }

    /// Adds what only the wires meet.
    mutating func take(from net: NetCounters) {
        self[.maxSessions] &+= net.refusedFull
        self[.maxSessionsPerAddress] &+= net.refusedPerClient
        self[.handshakeTimeout] &+= net.handshakeTimeouts
        self[.maxMessage] &+= net.tooLong
        self[.inflateRatio] &+= net.overInflated
        self[.maxQueue] &+= net.closedSlow - min(net.closedSlow, net.closedStalled)
        self[.stallTimeout] &+= net.closedStalled
        self[.sessionTimeout] &+= net.closedIdle
        self[.pingInterval] &+= net.closedUnresponsive
    }

    /// Adds what only the HTTP port meets.
    package mutating func take(from http: HTTPCounters) {
        self[.maxHTTPConnections] &+= UInt64(clamping: http.refusedFull)
        self[.maxHTTPPerAddress] &+= UInt64(clamping: http.refusedPerClient)
    }

    package subscript(limit: LimitName) -> UInt64 {
        get { counts[limit.rawValue] }
        set { counts[limit.rawValue] = newValue }
    }
}
