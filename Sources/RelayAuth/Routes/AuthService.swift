internal import RelayJSON
package import RelayLog
package import RelayNet
internal import RelayThreads

/// Answers `/auth/…` on the second port: who somebody is, and what proves it from then on.
///
/// An actor on the HTTP port's own thread. What blocks happens elsewhere: the store has a thread, passwords have workers.
/// After each `await` the limits are looked at again, because others were served meanwhile.
package actor AuthService {
    private let executor: LoopExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private(set) var configuration: AuthConfiguration
    /// For those who ask from other threads; the cookie is the one that the port was opened with.
    private nonisolated let pages: Monitor<CrossOrigin>
    nonisolated let cookie: SessionCookie?
    private nonisolated let document: [UInt8]
    let store: any AccountStore
    let hasher: PasswordHasher
    let clock: AuthClock
    var audit: Audit

    private let feed: TokenFeed
    private var tokens = TokenTable()
    var logins: AttemptLimiter
    private var registrations: AttemptLimiter
    private var turns: HashTurns
    private var hashWait = Histogram()

    package init(
        on executor: LoopExecutor, store: any AccountStore, hasher: PasswordHasher, feed: TokenFeed,
        configuration: AuthConfiguration, log: Log, clock: AuthClock = .system
    ) {
        self.executor = executor
        self.store = store
        self.hasher = hasher
        self.feed = feed
        self.configuration = configuration
        pages = Monitor(configuration.crossOrigin)
        cookie = configuration.cookie
        self.clock = clock
        audit = Audit(log)
        document = OpenAPI.document(version: configuration.version)
        logins = AttemptLimiter(configuration.loginRule)
        registrations = AttemptLimiter(configuration.registrationRule)
        turns = HashTurns(capacity: hasher.workerCount, maxWaiting: configuration.hashQueue)
    }

    /// Takes other rules for registration, lifetimes, scopes, attempts and pages. The cookie and the queue stay as they
    /// were when the port was opened.
    package func use(_ new: AuthConfiguration) {
        let hashQueue = configuration.hashQueue
        configuration = new
        configuration.hashQueue = hashQueue
        configuration.cookie = cookie
        pages.withLock { $0 = new.crossOrigin }
        logins.use(new.loginRule)
        registrations.use(new.registrationRule)
    }

    package func status() -> AccountStatus {
        takeNews()
        var status = AccountStatus()
        status.isConnected = store.isWell
        status.tokens = tokens.count
        status.attempts = audit.attempts
        status.hashQueue = turns.waitingCount
        status.hashWait = hashWait
        return status
    }

    /// Enough for a name, a password of the greatest length with every character escaped, and an invite.
    static let maxBodyBytes = 16_384

    package nonisolated func addRoutes(to router: inout Router) {
        let body = BodyRule.upTo(Self.maxBodyBytes, tellsHandler: true)
        router.on(.post, "/auth/register", body: body) { [self] in await register($0) }
        router.on(.post, "/auth/login", body: body) { [self] in await login($0) }
        router.on(.post, "/auth/guest", body: body) { [self] in await guest($0) }
        router.on(.post, "/auth/refresh", body: body) { [self] in await refresh($0) }
        router.on(.post, "/auth/logout", body: body) { [self] in await logout($0) }
        router.on(.post, "/auth/password", body: body) { [self] in await password($0) }
        router.on(.get, "/auth/me", body: body) { [self] in await me($0) }
        router.on(.get, OpenAPI.path) { [document] _ in .json(document) }
        for name in ["register", "login", "guest", "refresh", "logout", "password", "me"] {
            router.on(.options, "/auth/" + name) { _ in HTTPResponse(.ok) }
        }
        router.on(.options, OpenAPI.path) { _ in HTTPResponse(.ok) }
        router.finish { [self] head, response in
            let path = head.path
            guard path.hasPrefix("/auth/") || path == OpenAPI.path else { return }
            crossOrigin.mark(&response, to: head, withCredentials: cookie != nil)
            if path != OpenAPI.path { response.set("Cache-Control", "no-store") }
        }
    }

    // MARK: Pages

    nonisolated var crossOrigin: CrossOrigin { pages.withLock { $0 } }

    /// The token in the cookie of a request, if that came from a page of ours.
    package nonisolated func cookieToken(in head: RequestHead) -> String? {
        guard let token = cookie?.token(in: head), SessionCookie.isFromOwnPage(head, crossOrigin) else { return nil }
        return token
    }

    // MARK: Tokens

    /// The mailbox is emptied whether anything is asked of it or not: it must not grow for as long as nobody shows a
    /// token.
    private func takeNews() { _ = tokens.apply(feed.take()) }

    /// The token that a request bears, if it is valid.
    func grant(of request: HTTPRequest) throws(Refusal) -> TokenGrant? {
        takeNews()
        guard let presented = try presentedToken(request) else { return nil }
        guard case .granted(let grant) = tokens.decide(presented, at: clock.wall()) else { return nil }
        return grant
    }

    /// Whose id the sender may take over, with an account or a further token: a guest his own. A program's token must not
    /// become more than the operator made it.
    func proof(of request: HTTPRequest) throws(Refusal) -> String? {
        guard let grant = try grant(of: request), grant.kind == .guest else { return nil }
        return grant.subject
    }

    func neededGrant(of request: HTTPRequest) throws(Refusal) -> TokenGrant {
        guard let grant = try grant(of: request) else { throw .tokenNeeded }
        return grant
    }

    /// `Authorization` first (RFC 6750 §2.1): it cannot be sent by accident.
    private func presentedToken(_ request: HTTPRequest) throws(Refusal) -> String? {
        let head = request.head
        if let field = head.value("authorization") {
            let words = field.split(separator: " ")
            guard words.count == 2, words[0].lowercased() == "bearer", head.count(of: "authorization") == 1 else {
                return nil
            }
            return String(words[1])
        }
        guard let token = cookie?.token(in: head) else { return nil }
        let isHarmless = head.method == .get || head.method == .head
        guard isHarmless || SessionCookie.isFromOwnPage(head, crossOrigin) else { throw .foreignPage }
        return token
    }

    func newToken(_ kind: TokenKind, for subject: String, named name: String) -> (secret: String, record: TokenRecord) {
        let secret = Secret.token()
        let now = clock.wall()
        let record = TokenRecord(
            digest: TokenDigest(of: secret), kind: kind, subject: subject, name: name,
            scopes: ScopeList(configuration.scopes(subject)), created: now,
            expiry: configuration.tokenLifetime.map { now.advanced(by: $0) })
        return (secret, record)
    }

    // MARK: Limits

    func countRegistration(by client: ClientAddress) throws(Refusal) {
        guard let key = AttemptKey.client(client) else { return }
        let now = clock.monotonic()
        if let wait = registrations.wait(for: key, at: now) { throw .tooMany(wait) }
        registrations.begin(key, at: now, random: Secret.word())
    }

    func checkLogins(_ keys: [AttemptKey]) throws(Refusal) {
        let now = clock.monotonic()
        if let wait = keys.compactMap({ logins.wait(for: $0, at: now) }).max() { throw .tooMany(wait) }
    }

    /// Counts a failure. A success is taken back later: many attempts at once must not be taken for one.
    func beginLogin(_ keys: [AttemptKey], about user: TokenDigest) throws(Refusal) {
        try checkLogins(keys)
        for key in keys { logins.begin(key, about: user, at: clock.monotonic(), random: Secret.word()) }
    }

    /// Waits for a turn to hash.
    func takeTurn(_ client: ClientAddress) async throws(Refusal) {
        let key = AttemptKey.client(client)
        switch turns.enter(key) {
        case .now: hashWait.record(0)
        case .full: throw .busy
        case .wait:
            let start = clock.monotonic()
            // The turn is handed over by whoever leaves.
            await withCheckedContinuation { own in turns.wait(key) { own.resume() } }
            hashWait.record(UInt64(clamping: (clock.monotonic() - start) / 1_000))
        }
    }

    func leaveTurn() { turns.leave() }

    // MARK: Answers

    /// Runs a route, and turns its refusal into an answer and an audit line.
    func answer(
        _ request: HTTPRequest, _ style: Refusal.Style, to action: Audit.Action,
        _ route: (HTTPRequest) async throws(Refusal) -> HTTPResponse
    ) async -> HTTPResponse {
        do throws(Refusal) {
            return try await route(request)
        } catch {
            audit.refused(action, by: request.client, error)
            return error.response(style)
        }
    }

    /// What follows a success: the token, and the cookie for pages of ours.
    func welcome(_ request: HTTPRequest, _ token: (secret: String, record: TokenRecord)) -> HTTPResponse {
        let body: JSONValue = [
            "token": .string(token.secret), "user_id": .string(token.record.subject),
            "username": .string(token.record.name),
        ]
        var response = HTTPResponse.json(body.encoded())
        if let cookie, SessionCookie.isFromOwnPage(request.head, crossOrigin) {
            response.add("Set-Cookie", cookie.setting(token.secret, for: configuration.tokenLifetime))
        }
        return response
    }

    /// What the store says, or why the sender of the request has to do without.
    func asked<Answer>(
        _ question: @autoclosure () async throws(StoreFailure) -> Answer
    ) async throws(Refusal) -> Answer {
        do throws(StoreFailure) {
            return try await question()
        } catch {
            guard case .failed(let fault) = error else { throw .busy }
            audit.failed(fault)
            throw .store
        }
    }
}
