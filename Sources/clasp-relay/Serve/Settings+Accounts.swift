import Relay
import RelayAuth
import RelayLog
import RelayThreads

/// What the operator decided about accounts, in the words of `RelayAuth`.
extension Settings {
    /// What no option says the application's config does.
    func authConfiguration(_ config: AppConfig, _ log: RelayLog.Log) throws(Fault) -> AuthConfiguration {
        var configuration = AuthConfiguration()
        configuration.registration =
            switch auth.registration {
            case .open: .open
            case .inviteOnly: .invite
            case .closed: .closed
            }
        configuration.admitsGuests = auth.guests == .open
        configuration.tokenLifetime = auth.tokenTTL
        let attempts = config.attempts
        configuration.loginRule = AttemptLimiter.Rule(
            maxAttempts: auth.loginAttempts ?? attempts.loginAttempts, window: auth.loginWindow ?? attempts.loginWindow)
        configuration.registrationRule = AttemptLimiter.Rule(
            maxAttempts: auth.registerAttempts ?? attempts.registerAttempts,
            window: auth.registerWindow ?? attempts.registerWindow)
        configuration.hashQueue = auth.hashQueue
        configuration.cookie = auth.hasCookie ? SessionCookie() : nil
        let scopes = config.scopes
        configuration.scopes = { scopes.texts(for: $0) }
        configuration.version = Version.number
        if !web.origins.isEmpty {
            var notes: [CrossOrigin.Remark] = []
            do throws(CrossOrigin.Remark) {
                configuration.crossOrigin = try CrossOrigin(web.origins, notes: &notes)
            } catch {
                throw Fault(.invalidValue, "--cors-origin: \(error)")
            }
            for note in notes { log.warn("settings", [LogField("note", note.description)]) }
        }
        return configuration
    }
}

extension Settings.Auth {
    func loadSigningKeys() throws(Fault) -> SigningKeys {
        guard let signingKeys else { return .none }
        do throws(SigningKeysFault) {
            return try SigningKeys.load(signingKeys)
        } catch {
            throw Fault(.invalidSigningKeys, error.description)
        }
    }

    /// The admin token: what is given itself, else what the file says, which is made if it is not there.
    var adminTokenText: String? {
        get throws(Fault) {
            if let text = adminToken.text { return text }
            guard let file = adminToken.file else { return nil }
            do throws(AdminToken.Fault) {
                return try AdminToken.load(file)
            } catch {
                throw Fault(.unreadableFile, "--admin-token: \(error)")
            }
        }
    }

    var adminTokenRecord: TokenRecord? {
        get throws(Fault) {
            guard let text = try adminTokenText else { return nil }
            guard let record = AdminToken.record(of: text, at: UnixTime(microseconds: WallClock.now)) else {
                throw Fault(.weakSecret, "--admin-token: must be one word of printable characters")
            }
            return record
        }
    }
}
