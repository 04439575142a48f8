internal import RelayLog
internal import RelayNet

/// One log line for each decision, each with a name that never changes. No field ever holds what somebody typed: a
/// password in the field for the name is an everyday slip.
struct Audit: Sendable {
    enum Event {
        case registered, registrationRefused
        case loginAccepted, loginRefused
        case guestAdmitted, guestRefused
        case tokenExtended, tokenNotExtended
        case tokenRevoked, tokenNotRevoked
        case passwordChanged, passwordNotChanged
        case tokenRefused
        case storeFailed
    }

    private let log: Log

    init(_ log: Log) { self.log = log }

    func record(
        _ event: Event, by client: ClientAddress, user: String? = nil, token: TokenDigest? = nil,
        reason: StaticString? = nil
    ) {
        func fields() -> [LogField] {
            var fields = [LogField("event", Self.name(event).description)]
            if let address = client.address { fields.append(LogField("client", address.description)) }
            if let user { fields.append(LogField("user", user)) }
            if let token { fields.append(LogField("digest", token.shortName)) }
            if let reason { fields.append(LogField("reason", reason.description)) }
            return fields
        }
        switch event {
        case .registered: log.info("account registered", fields())
        case .registrationRefused: log.info("registration refused", fields())
        case .loginAccepted: log.info("login accepted", fields())
        case .loginRefused: log.info("login refused", fields())
        case .guestAdmitted: log.info("guest admitted", fields())
        case .guestRefused: log.info("guest refused", fields())
        case .tokenExtended: log.info("token extended", fields())
        case .tokenNotExtended: log.info("token not extended", fields())
        case .tokenRevoked: log.info("token revoked", fields())
        case .tokenNotRevoked: log.info("token not revoked", fields())
        case .passwordChanged: log.info("password changed", fields())
        case .passwordNotChanged: log.info("password not changed", fields())
        case .tokenRefused: log.info("token refused", fields())
        case .storeFailed: log.error("account store failed", fields())
        }
    }

    func failed(_ error: DatabaseError) {
        log.error(
            "account store failed",
            [LogField("event", Self.name(.storeFailed).description), LogField("reason", error.description)])
    }

    private static func name(_ event: Event) -> StaticString {
        switch event {
        case .registered: "auth.register.accepted"
        case .registrationRefused: "auth.register.refused"
        case .loginAccepted: "auth.login.accepted"
        case .loginRefused: "auth.login.refused"
        case .guestAdmitted: "auth.guest.accepted"
        case .guestRefused: "auth.guest.refused"
        case .tokenExtended: "auth.refresh.accepted"
        case .tokenNotExtended: "auth.refresh.refused"
        case .tokenRevoked: "auth.logout.accepted"
        case .tokenNotRevoked: "auth.logout.refused"
        case .passwordChanged: "auth.password.accepted"
        case .passwordNotChanged: "auth.password.refused"
        case .tokenRefused: "auth.me.refused"
        case .storeFailed: "auth.store.failed"
        }
    }
}
