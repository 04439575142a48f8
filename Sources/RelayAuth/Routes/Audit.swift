internal import RelayLog
internal import RelayNet

/// One log line for each decision, each with a name that never changes, and a count. No field ever holds what somebody
/// typed: a password in the field for the name is an everyday slip.
struct Audit: Sendable {
    /// What was asked for.
    struct Action: Sendable {
        fileprivate let name: StaticString
        fileprivate let accepted: StaticString
        fileprivate let refused: StaticString

        static let register = Action(
            name: "register", accepted: "account registered", refused: "registration refused")
        static let login = Action(name: "login", accepted: "login accepted", refused: "login refused")
        static let guest = Action(name: "guest", accepted: "guest admitted", refused: "guest refused")
        static let refresh = Action(name: "refresh", accepted: "token extended", refused: "token not extended")
        static let logout = Action(name: "logout", accepted: "token revoked", refused: "token not revoked")
        static let password = Action(
            name: "password", accepted: "password changed", refused: "password not changed")
        static let me = Action(name: "me", accepted: "token shown", refused: "token refused")
    }

    private enum Result: String, CaseIterable { case success, failure, limited }

    private struct Outcome: Hashable {
        let action: String
        let result: Result
    }

    private let log: Log
    /// What everybody asks about is there from the start: a rate needs a zero to begin with.
    private var counts = Dictionary(
        uniqueKeysWithValues: ["register", "login", "guest"].flatMap { action in
            Result.allCases.map { (Outcome(action: action, result: $0), UInt64(0)) }
        })

    init(_ log: Log) { self.log = log }

    var attempts: [AccountStatus.Attempts] {
        counts.map { AccountStatus.Attempts(action: $0.action, result: $0.result.rawValue, count: $1) }
            .sorted { ($0.action, $0.result) < ($1.action, $1.result) }
    }

    mutating func accepted(_ action: Action, by client: ClientAddress, user: String, token: TokenDigest) {
        count(action, .success)
        log.info(
            action.accepted,
            Self.fields(action, "accepted", client)
                + [LogField("user", user), LogField("digest", token.shortName)])
    }

    mutating func refused(_ action: Action, by client: ClientAddress, _ refusal: Refusal) {
        count(action, refusal.status == .tooManyRequests ? .limited : .failure)
        log.info(
            action.refused,
            Self.fields(action, "refused", client) + [LogField("reason", refusal.reason.description)])
    }

    func failed(_ error: DatabaseError) {
        log.error(
            "account store failed", [LogField("event", "auth.store.failed"), LogField("reason", error.description)])
    }

    private mutating func count(_ action: Action, _ result: Result) {
        counts[Outcome(action: action.name.description, result: result), default: 0] += 1
    }

    private static func fields(_ action: Action, _ verdict: String, _ client: ClientAddress) -> [LogField] {
        var fields = [LogField("event", "auth.\(action.name).\(verdict)")]
        if let address = client.address { fields.append(LogField("client", address.description)) }
        return fields
    }
}
