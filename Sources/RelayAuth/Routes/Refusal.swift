internal import RelayJSON
internal import RelayNet

/// A request that is not fulfilled: what its sender hears, and what the audit says.
struct Refusal: Error {
    let status: HTTPStatus
    /// Shown to users as it is.
    let text: String
    /// For the audit; a fixed word.
    let reason: StaticString
    var retryAfter: Duration?

    init(_ status: HTTPStatus, _ reason: StaticString, _ text: String, retryAfter: Duration? = nil) {
        self.status = status
        self.reason = reason
        self.text = text
        self.retryAfter = retryAfter
    }

    enum Style {
        /// `{"error": "…"}`, as other CLASP relays answer.
        case plain
        /// RFC 9457.
        case problem
    }

    func response(_ style: Style) -> HTTPResponse {
        let content: JSONValue =
            switch style {
            case .plain: ["error": .string(text)]
            case .problem:
                [
                    "type": "about:blank", "title": .string(status.reason), "status": .int(Int64(status.code)),
                    "detail": .string(text),
                ]
            }
        let type = style == .plain ? "application/json" : "application/problem+json"
        var response = HTTPResponse(status, type: type, content.encoded())
        if let retryAfter {
            // Rounded up: who comes at that second is let in.
            response.set("Retry-After", String(retryAfter.components.seconds + 1))
        }
        if status == .unauthorized, style == .problem { response.set("WWW-Authenticate", "Bearer") }
        return response
    }
}

extension Refusal {
    static let unreadable = Refusal(.badRequest, "unreadable", "The request cannot be read")
    static let tooLarge = Refusal(.badRequest, "too-large", "The request is too large")
    static func members(_ names: String) -> Refusal {
        Refusal(.badRequest, "members", "The request must be JSON with \(names)")
    }
    static let userNameLength = Refusal(
        .badRequest, "username-length",
        "A user name has \(UserName.lengths.lowerBound) to \(UserName.lengths.upperBound) characters")
    static let userNameCharacters = Refusal(
        .badRequest, "username-characters", "A user name may not contain invisible characters")
    static let guestNameLength = Refusal(.badRequest, "name-length", "This name is too long")
    static let passwordLength = Refusal(
        .badRequest, "password-length",
        "A password has at least \(PasswordHasher.passwordLengths.lowerBound) characters "
            + "and at most \(PasswordHasher.passwordLengths.upperBound)")
    static let userID = Refusal(
        .badRequest, "user-id", "A user id has 1 to \(UserID.maximumLength) letters, digits, - or _")
    static let wrongLogin = Refusal(.unauthorized, "wrong-login", "User name or password is wrong")
    static let tokenNeeded = Refusal(.unauthorized, "token", "Please sign in")
    static let foreignPage = Refusal(.forbidden, "foreign-page", "This request came from a page of another site")
    static let wrongPassword = Refusal(.forbidden, "wrong-password", "The current password is wrong")
    static let noPassword = Refusal(.forbidden, "no-password", "Only registered users have a password")
    static let notExtensible = Refusal(
        .forbidden, "not-extensible", "This token is not extended; please ask for a new one")
    static let notRevocable = Refusal(.forbidden, "not-revocable", "Only its issuer can revoke this token")
    static let notForAll = Refusal(.forbidden, "not-for-all", "This token can only end itself")
    static let signInAgain = Refusal(.unauthorized, "too-old", "Please sign in again")
    static let changedMeanwhile = Refusal(.conflict, "changed", "The password was changed meanwhile")
    static let closed = Refusal(.forbidden, "closed", "Registration is closed")
    static let inviteNeeded = Refusal(.forbidden, "invite", "Registration needs a valid invite")
    static let noGuests = Refusal(.forbidden, "no-guests", "Guests are not admitted; please sign in")
    static let hashing = Refusal(.internalServerError, "hashing", "The password could not be processed")
    static let storedHash = Refusal(.internalServerError, "stored-hash", "This account cannot sign in; ask for help")
    static let store = Refusal(.internalServerError, "store", "Accounts are not available right now")

    static func tooMany(_ wait: Duration) -> Refusal {
        Refusal(.tooManyRequests, "too-many", "Too many attempts; please wait and try again", retryAfter: wait)
    }
    static let busy = Refusal(
        .serviceUnavailable, "busy", "Too busy right now; please try again", retryAfter: .seconds(1))
    static let full = Refusal(
        .serviceUnavailable, "full", "Too many people are signed in; please try later", retryAfter: .seconds(59))

    static func registration(_ admission: Admission) -> Refusal? {
        switch admission {
        case .admitted: nil
        case .nameTaken: Refusal(.conflict, "name-taken", "This user name is already in use")
        case .idTaken: Refusal(.conflict, "id-taken", "This user id is already in use")
        case .idReserved: Refusal(.conflict, "id-reserved", "This user id is in use by a guest")
        case .inviteRefused: .inviteNeeded
        case .full: .full
        }
    }

    static func guest(_ admission: Admission) -> Refusal? {
        switch admission {
        case .admitted: nil
        case .nameTaken:
            Refusal(.conflict, "name-taken", "This name belongs to a registered user; sign in or choose another")
        case .idTaken: Refusal(.conflict, "id-taken", "This id belongs to a registered user; please sign in")
        case .idReserved: Refusal(.conflict, "id-reserved", "This id is in use by another guest")
        case .inviteRefused: .inviteNeeded
        case .full: .full
        }
    }
}
