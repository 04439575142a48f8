package import RelayNet

/// The three ways in.
extension AuthService {
    // MARK: Register

    package func register(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .plain, to: .register) { request throws(Refusal) in
            try await self.registered(request)
        }
    }

    private func registered(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        try countRegistration(by: request.client)
        guard configuration.registration != .closed else { throw .closed }
        let members = Refusal.members("the texts \"username\" and \"password\"")
        let body = try RequestBody(request)
        let name = UserName(try body.text("username", orElse: members))
        let password = Array(try body.text("password", orElse: members).utf8)
        let wish = try body.userID()
        guard UserName.lengths.contains(name.display.utf8.count) else { throw .userNameLength }
        guard name.isWellFormed else { throw .userNameCharacters }
        guard PasswordHasher.passwordLengths.contains(password.count) else { throw .passwordLength }
        if let wish, !UserID.isValid(wish.utf8) { throw .userID }
        var invite: TokenDigest?
        if configuration.registration == .invite {
            guard let text = try body.optionalText("invite", orElse: .inviteNeeded) else { throw .inviteNeeded }
            invite = TokenDigest(of: text)
        }
        let id = wish ?? Secret.userID(at: clock.wall())
        let proof = try proof(of: request)
        // Before the cost of a hash; what counts is decided once more with it.
        let prospect = try await asked(try await store.admission(of: name, id: id, invite: invite, proof: proof))
        if let refusal = Refusal.registration(prospect) { throw refusal }
        let hash = try await hashed(password, for: request.client)
        let token = newToken(.account, for: id, named: name.display)
        let account = Account(id: id, username: name.display, passwordHash: hash, created: clock.wall())
        let registration = Registration(
            account: account, name: name, token: token.record, invite: invite, proof: proof)
        let admission = try await asked(try await store.register(registration))
        if let refusal = Refusal.registration(admission) { throw refusal }
        audit.accepted(.register, by: request.client, user: id, token: token.record.digest)
        return welcome(request, token)
    }

    func hashed(_ password: [UInt8], for client: ClientAddress) async throws(Refusal) -> String {
        try await takeTurn(client)
        defer { leaveTurn() }
        do throws(Argon2Failure) {
            return try await hasher.hash(password)
        } catch { throw .hashing }
    }

    // MARK: Log in

    package func login(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .plain, to: .login) { request throws(Refusal) in
            try await self.loggedIn(request)
        }
    }

    private func loggedIn(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        let members = Refusal.members("the texts \"username\" and \"password\"")
        let body = try RequestBody(request)
        let name = UserName(try body.text("username", orElse: members))
        let password = Array(try body.text("password", orElse: members).utf8)
        let user = TokenDigest(of: name.folded)
        var keys = [AttemptKey.user(user)]
        if let client = AttemptKey.client(request.client) { keys.append(client) }
        let device = try grant(of: request)
        if device == nil { try checkLogins(keys) }
        let account = try await asked(try await store.account(named: name))
        if let device, let account, device.subject == account.id { keys = [.device(device.digest)] }
        guard PasswordHasher.passwordLengths.contains(password.count) else {
            try beginLogin(keys, about: user)
            throw .wrongLogin
        }
        guard let account = try await verified(password, of: account, keys, about: user, for: request.client) else {
            throw .wrongLogin
        }
        let token = newToken(.account, for: account.id, named: account.username)
        switch try await asked(try await store.issue(token.record, provedBy: account.passwordHash)) {
        case .issued: break
        case .outdated: throw .wrongLogin
        case .full: throw .full
        }
        audit.accepted(.login, by: request.client, user: account.id, token: token.record.digest)
        return welcome(request, token)
    }

    /// The account, with the hash it has afterwards, if the password is its own; nil otherwise, and then also without an
    /// account.
    func verified(
        _ password: [UInt8], of account: Account?, _ keys: [AttemptKey], about user: TokenDigest,
        for client: ClientAddress
    ) async throws(Refusal) -> Account? {
        try await takeTurn(client)
        defer { leaveTurn() }
        try beginLogin(keys, about: user)
        let verdict: PasswordHasher.Verdict
        do throws(Argon2Failure) {
            verdict = try await hasher.verify(password, against: account?.passwordHash)
        } catch {
            for key in keys { logins.withdraw(key) }
            throw .hashing
        }
        switch verdict {
        case .wrong: return nil
        case .unreadable:
            for key in keys { logins.withdraw(key) }
            throw .storedHash
        case .right(let isOutdated):
            for key in keys { logins.forgive(key, about: user) }
            guard isOutdated, let account else { return account }
            return await rehashed(account, password)
        }
    }

    /// Nobody is kept out because this fails; it will be tried again.
    private func rehashed(_ account: Account, _ password: [UInt8]) async -> Account {
        guard let hash = try? await hasher.hash(password),
            let isReplaced = try? await store.replaceHash(of: account.id, account.passwordHash, by: hash, keeping: nil)
        else { return account }
        if isReplaced { return account.hashed(anew: hash) }
        // Another login may have been faster; or it is another password, and this account is outdated.
        guard let present = try? await store.account(withID: account.id),
            case .right? = try? await hasher.verify(password, against: present.passwordHash)
        else { return account }
        return present
    }

    // MARK: Guests

    package func guest(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .plain, to: .guest) { request throws(Refusal) in
            try await self.admitted(request)
        }
    }

    /// Names of guests are shown and forgotten; still, one token must not take the room of many.
    private static let maxGuestNameBytes = 128

    private func admitted(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        try countRegistration(by: request.client)
        guard configuration.admitsGuests else { throw .noGuests }
        let body = try RequestBody(request)
        let typed = try body.optionalText("name", orElse: .members("a text \"name\""))
        let wish = try body.userID()
        if let wish, !UserID.isValid(wish.utf8) { throw .userID }
        let name = typed.map { UserName($0) }.flatMap { $0.display.isEmpty ? nil : $0 }
        if let name {
            guard name.display.utf8.count <= Self.maxGuestNameBytes else { throw .guestNameLength }
            guard UserName.isPresentable(name.display) else { throw .userNameCharacters }
        }
        let id = wish ?? Secret.userID(at: clock.wall())
        let proof = try proof(of: request)
        let token = newToken(.guest, for: id, named: name?.display ?? "guest-\(id.suffix(6))")
        let admission = try await asked(
            try await store.admit(GuestVisit(token: token.record, name: name, proof: proof)))
        if let refusal = Refusal.guest(admission) { throw refusal }
        audit.accepted(.guest, by: request.client, user: id, token: token.record.digest)
        return welcome(request, token)
    }
}
