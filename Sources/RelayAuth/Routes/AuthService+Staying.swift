internal import RelayJSON
package import RelayNet

/// What somebody can do who has a token.
extension AuthService {
    package func me(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .problem, to: .me) { request throws(Refusal) in
            let grant = try self.neededGrant(of: request)
            return .json(
                JSONValue.object([
                    JSONMember("user_id", .string(grant.subject)), JSONMember("username", .string(grant.name)),
                    JSONMember("kind", .string(grant.kind.rawValue)),
                    JSONMember("scopes", .array(grant.scopes.map { .string($0) })),
                    JSONMember("expires_at", Self.json(grant.expiry)),
                ]).encoded())
        }
    }

    /// Unix seconds, or null for what never ends.
    private static func json(_ time: UnixTime?) -> JSONValue { time.map { .int($0.seconds) } ?? .null }

    // MARK: Refresh

    package func refresh(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .problem, to: .refresh) { request throws(Refusal) in
            try await self.refreshed(request)
        }
    }

    /// Extends the same token, and with it the sessions that live by it.
    private func refreshed(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        let grant = try neededGrant(of: request)
        guard grant.kind == .account || grant.kind == .guest else { throw .notExtensible }
        var expiry = grant.expiry
        if let lifetime = configuration.tokenLifetime, let present = grant.expiry, let created = grant.created {
            let now = clock.wall()
            let end = min(now.advanced(by: lifetime), created.advanced(by: configuration.longestTokenLifetime))
            guard end > now else { throw .signInAgain }
            if end > present {
                let isKnown = try await asked(try await store.extend(grant.digest, to: end))
                guard isKnown else { throw .tokenNeeded }
                expiry = end
            }
        }
        audit.accepted(.refresh, by: request.client, user: grant.subject, token: grant.digest)
        let body: JSONValue = [
            "user_id": .string(grant.subject), "username": .string(grant.name), "expires_at": Self.json(expiry),
        ]
        var response = HTTPResponse.json(body.encoded())
        if let cookie, let token = cookie.token(in: request.head) {
            response.add("Set-Cookie", cookie.setting(token, for: configuration.tokenLifetime))
        }
        return response
    }

    // MARK: Log out

    package func logout(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .problem, to: .logout) { request throws(Refusal) in
            try await self.loggedOut(request)
        }
    }

    /// Ends this token, or with `"all": true` every token of its owner, and their sessions.
    private func loggedOut(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        let grant = try neededGrant(of: request)
        let isForAll = request.content.isEmpty ? false : try RequestBody(request).isTrue("all")
        guard grant.kind != .admin, grant.kind != .signed else { throw .notRevocable }
        if isForAll {
            guard grant.kind == .account || grant.kind == .guest else { throw .notForAll }
            _ = try await asked(try await store.revokeAll(of: grant.subject))
        } else {
            _ = try await asked(try await store.revoke(grant.digest))
        }
        audit.accepted(.logout, by: request.client, user: grant.subject, token: grant.digest)
        var response = HTTPResponse(.noContent)
        if let cookie { response.add("Set-Cookie", cookie.removal) }
        return response
    }

    // MARK: Password

    package func password(_ request: HTTPRequest) async -> HTTPResponse {
        await answer(request, .problem, to: .password) { request throws(Refusal) in
            try await self.passwordChanged(request)
        }
    }

    /// Changes the password and ends all other tokens of the account: who changes it may fear that somebody knows it.
    private func passwordChanged(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        let grant = try neededGrant(of: request)
        guard grant.kind == .account else { throw .noPassword }
        let members = Refusal.members("the texts \"password\" and \"new_password\"")
        let body = try RequestBody(request)
        let present = Array(try body.text("password", orElse: members).utf8)
        let wish = Array(try body.text("new_password", orElse: members).utf8)
        guard PasswordHasher.passwordLengths.contains(wish.count) else { throw .passwordLength }
        let keys = [AttemptKey.device(grant.digest)]
        try checkLogins(keys)
        let found = try await asked(try await store.account(withID: grant.subject))
        guard let found else { throw .noPassword }
        let user = TokenDigest(of: UserName(found.username).folded)
        guard PasswordHasher.passwordLengths.contains(present.count),
            let account = try await verified(present, of: found, keys, about: user, for: request.client)
        else { throw .wrongPassword }
        let hash = try await hashed(wish, for: request.client)
        let isChanged = try await asked(
            try await store.replaceHash(of: account.id, account.passwordHash, by: hash, keeping: grant.digest))
        guard isChanged else { throw .changedMeanwhile }
        audit.accepted(.password, by: request.client, user: account.id, token: grant.digest)
        return HTTPResponse(.noContent)
    }
}
