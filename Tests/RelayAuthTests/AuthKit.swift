import Glibc
import RelayJSON
import RelayLog
import RelayNet
import RelayTestKit
import RelayThreads
import Testing

@testable import RelayAuth

/// A directory that goes away with the test.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/relay-auth-XXXXXX".utf8CString)
        unsafe template.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { _ = unsafe mkdtemp(start) }
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in (try? Self.names(in: path)) ?? [] { _ = unsafe unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ name: String, _ text: String) -> String {
        let octets = Array(text.utf8)
        let descriptor = unsafe open(file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        _ = unsafe octets.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        return file(name)
    }

    static func names(in path: String) throws -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// Clocks that are set by hand; both move together.
final class ManualClock: Sendable {
    private let elapsed = Monitor<Int64>(0)
    static let start: Int64 = 1_800_000_000_000_000

    func advance(_ duration: Duration) { elapsed.withLock { $0 += duration.nanoseconds } }

    var clock: AuthClock {
        AuthClock(
            wall: { [self] in UnixTime(microseconds: Self.start + elapsed.withLock { $0 } / 1_000) },
            monotonic: { [self] in elapsed.withLock { $0 } })
    }

    var now: UnixTime { clock.wall() }
}

/// The service on a real port, with a real file behind it.
final class AuthHarness: Sendable {
    let scratch: Scratch
    let time: ManualClock
    let caller: HTTPCaller
    let store: SQLiteAccounts
    let service: AuthService
    /// What a relay would be told.
    let feed = TokenFeed()
    /// And what the service is.
    let ownFeed = TokenFeed()
    let lines = Monitor<[String]>([])

    private let executor: LoopExecutor
    private let port: HTTPPort
    private let hasher: PasswordHasher
    private let writer: LogWriter

    /// Hashes that cost next to nothing: what they cost is not what these tests are about.
    static let cheap = Argon2Parameters(memoryKiB: 8, passes: 1, lanes: 1)

    init(
        _ configuration: AuthConfiguration = AuthConfiguration(), scratch: Scratch = Scratch(),
        time: ManualClock = ManualClock(), limits: TokenLimits = TokenLimits(),
        parameters: Argon2Parameters = cheap, workers: Int = 2, admin: TokenRecord? = nil, keys: SigningKeys? = nil,
        failure: StoreFailure? = nil, interruption: Interruption? = nil, proxies: TrustedProxies = TrustedProxies()
    ) throws {
        self.scratch = scratch
        self.time = time
        let (lines, relay, own) = (lines, feed, ownFeed)
        writer = LogWriter(
            LogLine(.text), filter: LogFilter(.trace), clock: { 0 },
            output: { bytes in
                lines.change { $0 += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init) }
            })
        store = try SQLiteAccounts(path: scratch.file("users.db"), limits: limits, clock: time.clock) { changes in
            relay.push(changes)
            own.push(changes)
        }
        if let admin { for feed in [relay, own] { feed.push([.stored(admin)]) } }
        if let keys { for feed in [relay, own] { feed.push([.keys(keys)]) } }
        hasher = try PasswordHasher(workers: workers, parameters: parameters)
        executor = try LoopExecutor()
        var configuration = configuration
        configuration.scopes = { ["read:/**", "write:/chat/user/\($0)/**"] }
        var asked: any AccountStore = store
        if let interruption { asked = InterruptedStore(store: store, interruption: interruption) }
        if let failure { asked = BrokenStore(failure: failure) }
        service = AuthService(
            on: executor, store: asked, hasher: hasher, feed: own,
            configuration: configuration, log: writer.log(for: "relay.auth"), clock: time.clock)
        var router = Router()
        service.addRoutes(to: &router)
        let listener = try Listener(.tcp(address: "127.0.0.1", port: 0))
        caller = HTTPCaller(port: listener.port)
        var limits = HTTPLimits()
        limits.maxConnectionsPerClient = 1_000
        port = try HTTPPort(on: executor, listeners: [listener], router: router, limits: limits, proxies: proxies)
        try port.start()
    }

    /// To be awaited at the end of each test: nothing may go on behind it.
    func stop() async {
        await port.shutDown(grace: .seconds(3))
        executor.join()
        store.close()
        hasher.close()
        writer.stop(within: .seconds(3))
    }

    // MARK: Calls

    func post(
        _ path: String, _ body: String, token: String? = nil, from client: String? = nil,
        fields: [(String, String)] = []
    ) async throws -> HTTPCaller.Answer {
        try await call("POST", path, body, token: token, from: client, fields: fields)
    }

    func call(
        _ method: String, _ path: String, _ body: String? = nil, token: String? = nil, from client: String? = nil,
        fields: [(String, String)] = []
    ) async throws -> HTTPCaller.Answer {
        var fields = fields
        if let token { fields.append(("Authorization", "Bearer " + token)) }
        if let client { fields.append(("X-Forwarded-For", client)) }
        return try await caller.call(method, path, body, fields: fields)
    }

    func register(_ name: String, _ password: String = "secret-1", id: String? = nil) async throws -> Session {
        let idMember = id.map { ",\"user_id\":\"\($0)\"" } ?? ""
        let answer = try await post(
            "/auth/register", "{\"username\":\"\(name)\",\"password\":\"\(password)\"\(idMember)}")
        return try Session(answer)
    }

    func logIn(_ name: String, _ password: String = "secret-1") async throws -> Session {
        try Session(try await post("/auth/login", "{\"username\":\"\(name)\",\"password\":\"\(password)\"}"))
    }

    /// What the relay knows by now.
    func table() -> TokenTable {
        var table = TokenTable()
        _ = table.apply(feed.take())
        return table
    }
}

/// A store that has nothing but excuses.
struct BrokenStore: AccountStore {
    let failure: StoreFailure
    var isWell: Bool { false }

    func account(named name: UserName) async throws(StoreFailure) -> Account? { throw failure }
    func account(withID id: String) async throws(StoreFailure) -> Account? { throw failure }
    func admission(
        of name: UserName, id: String, invite: TokenDigest?, proof: String?
    ) async throws(StoreFailure) -> Admission { throw failure }
    func register(_ registration: Registration) async throws(StoreFailure) -> Admission { throw failure }
    func admit(_ guest: GuestVisit) async throws(StoreFailure) -> Admission { throw failure }
    func issue(_ token: TokenRecord, provedBy hash: String) async throws(StoreFailure) -> Issuance { throw failure }
    func extend(_ digest: TokenDigest, to expiry: UnixTime) async throws(StoreFailure) -> Bool { throw failure }
    func revoke(_ digest: TokenDigest) async throws(StoreFailure) -> Bool { throw failure }
    func revokeAll(of subject: String) async throws(StoreFailure) -> Int { throw failure }
    func replaceHash(
        of id: String, _ old: String, by new: String, keeping token: TokenDigest?
    ) async throws(StoreFailure) -> Bool { throw failure }
}

/// What happens just before a call that follows the cost of a hash.
struct Interruption: Sendable {
    enum Call { case issue, replaceHash }
    let happens: @Sendable (Call) -> Void
}

/// The store itself, with what others do in the meantime.
struct InterruptedStore: AccountStore {
    let store: SQLiteAccounts
    let interruption: Interruption
    var isWell: Bool { store.isWell }

    func account(named name: UserName) async throws(StoreFailure) -> Account? { try await store.account(named: name) }
    func account(withID id: String) async throws(StoreFailure) -> Account? { try await store.account(withID: id) }
    func admission(
        of name: UserName, id: String, invite: TokenDigest?, proof: String?
    ) async throws(StoreFailure) -> Admission {
        try await store.admission(of: name, id: id, invite: invite, proof: proof)
    }
    func register(_ registration: Registration) async throws(StoreFailure) -> Admission {
        try await store.register(registration)
    }
    func admit(_ guest: GuestVisit) async throws(StoreFailure) -> Admission { try await store.admit(guest) }
    func issue(_ token: TokenRecord, provedBy hash: String) async throws(StoreFailure) -> Issuance {
        interruption.happens(.issue)
        return try await store.issue(token, provedBy: hash)
    }
    func extend(_ digest: TokenDigest, to expiry: UnixTime) async throws(StoreFailure) -> Bool {
        try await store.extend(digest, to: expiry)
    }
    func revoke(_ digest: TokenDigest) async throws(StoreFailure) -> Bool { try await store.revoke(digest) }
    func revokeAll(of subject: String) async throws(StoreFailure) -> Int { try await store.revokeAll(of: subject) }
    func replaceHash(
        of id: String, _ old: String, by new: String, keeping token: TokenDigest?
    ) async throws(StoreFailure) -> Bool {
        interruption.happens(.replaceHash)
        return try await store.replaceHash(of: id, old, by: new, keeping: token)
    }
}

/// What a way in answers.
struct Session {
    let token: String
    let id: String
    let name: String

    struct Refused: Error {
        let status: Int
        let text: String
    }

    init(_ answer: HTTPCaller.Answer) throws {
        let json = try JSONValue(parsing: answer.content)
        guard answer.status == 200, let token = json["token"]?.string, let id = json["user_id"]?.string,
            let name = json["username"]?.string
        else { throw Refused(status: answer.status, text: answer.text) }
        self.token = token
        self.id = id
        self.name = name
    }
}

extension HTTPCaller.Answer {
    var json: JSONValue { (try? JSONValue(parsing: content)) ?? .null }
    /// The text of an error, in either style.
    var complaint: String? { json["error"]?.string ?? json["detail"]?.string }
}
