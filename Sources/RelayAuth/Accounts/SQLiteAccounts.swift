internal import RelayThreads
internal import Synchronization

/// Accounts in an SQLite file, on a thread of their own with a bounded queue in front.
///
/// The thread also tells what becomes of tokens, by its own hand or by another process's: it reads the log of changes
/// after each of its jobs, before whoever asked gets the answer, and looks several times a second whether somebody else
/// has written.
package final class SQLiteAccounts: AccountStore {
    private struct Queue {
        var jobs: [Job] = []
        var isClosed = false
    }

    /// Does its work and returns the word to whoever waits for it.
    private typealias Job = @Sendable (UserDatabase) -> @Sendable () -> Void

    /// What the thread remembers between its jobs.
    private struct Reading {
        var sequence: Int64
        /// Nil while something is to be told that could not be.
        var foreignVersion: Int64?
        var lastPurge: Int64 = .min
    }

    /// At a few hundred commits a second, half a second of waiting.
    static let maxJobs = 256
    /// How often the file is looked at for what others have written; a revocation must be felt within a second.
    static let lookInterval = Duration.milliseconds(200)
    /// About a thousand tokens.
    static let reservedBytes: Int64 = 1 << 20
    static let purgeInterval = Duration.seconds(60)

    /// The lock hands the connection from the thread that opened the file to the one that works with it.
    let database: Monitor<UserDatabase>
    private let queue = Monitor(Queue())
    private let thread: Monitor<BackgroundThread?>
    private let health = Atomic(true)
    private let clock: AuthClock
    private let publish: @Sendable ([TokenChange]) -> Void
    private let complain: @Sendable (DatabaseError) -> Void

    /// Opens the file, publishes all tokens, and begins. `publish` is called on the accounts thread (and once here, on
    /// the caller's); `complain` hears of failures that nobody waits for.
    package init(
        path: String, limits: TokenLimits = TokenLimits(), clock: AuthClock = .system,
        publish: @escaping @Sendable ([TokenChange]) -> Void,
        complain: @escaping @Sendable (DatabaseError) -> Void = { _ in }
    ) throws(DatabaseError) {
        let opened = try UserDatabase(path: path, limits: limits)
        // Without that it works as well, until the disk is full.
        try? opened.reserve(bytes: Self.reservedBytes)
        let foreignVersion = try opened.foreignVersion()
        let (all, sequence) = try opened.snapshot()
        database = Monitor(opened)
        thread = Monitor(nil)
        self.clock = clock
        self.publish = publish
        self.complain = complain
        publish([all])
        let reading = Reading(sequence: sequence, foreignVersion: foreignVersion)
        let running = BackgroundThread(name: "relay-accounts") { [self] in run(reading) }
        thread.withLock { $0 = running }
    }

    /// Does what is queued, and ends the thread.
    package func close() {
        queue.change { $0.isClosed = true }
        thread.withLock { $0.take() }?.join()
    }

    // MARK: The store

    package var isWell: Bool { health.load(ordering: .relaxed) }

    package func account(named name: UserName) async throws(StoreFailure) -> Account? {
        try await perform { (database) throws(DatabaseError) in try database.account(named: name) }
    }

    package func account(withID id: String) async throws(StoreFailure) -> Account? {
        try await perform { (database) throws(DatabaseError) in try database.account(withID: id) }
    }

    package func admission(
        of name: UserName, id: String, invite: TokenDigest?, proof: String?
    ) async throws(StoreFailure) -> Admission {
        let now = clock.wall()
        return try await perform { (database) throws(DatabaseError) in
            try database.admission(of: name, id: id, invite: invite, proof: proof, at: now)
        }
    }

    package func register(_ registration: Registration) async throws(StoreFailure) -> Admission {
        let now = clock.wall()
        return try await perform { (database) throws(DatabaseError) in try database.register(registration, at: now) }
    }

    package func admit(_ guest: GuestVisit) async throws(StoreFailure) -> Admission {
        let now = clock.wall()
        return try await perform { (database) throws(DatabaseError) in try database.admit(guest, at: now) }
    }

    package func issue(_ token: TokenRecord, provedBy hash: String) async throws(StoreFailure) -> Issuance {
        try await perform { (database) throws(DatabaseError) in try database.issue(token, provedBy: hash) }
    }

    package func extend(_ digest: TokenDigest, to expiry: UnixTime) async throws(StoreFailure) -> Bool {
        try await perform { (database) throws(DatabaseError) in try database.extend(digest, to: expiry) }
    }

    package func revoke(_ digest: TokenDigest) async throws(StoreFailure) -> Bool {
        try await perform { (database) throws(DatabaseError) in try database.revoke(digest) }
    }

    package func revokeAll(of subject: String) async throws(StoreFailure) -> Int {
        try await perform { (database) throws(DatabaseError) in try database.revokeAll(of: subject) }
    }

    package func replaceHash(
        of id: String, _ old: String, by new: String, keeping token: TokenDigest?
    ) async throws(StoreFailure) -> Bool {
        try await perform { (database) throws(DatabaseError) in
            try database.replaceHash(of: id, old, by: new, revoking: token != nil, keeping: token)
        }
    }

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable (UserDatabase) throws(DatabaseError) -> Result
    ) async throws(StoreFailure) -> Result {
        let outcome: Swift.Result<Result, StoreFailure> = await withCheckedContinuation { continuation in
            let isQueued = queue.change { queue in
                guard queue.jobs.count < Self.maxJobs, !queue.isClosed else { return false }
                queue.jobs.append { [self] database in
                    let result: Swift.Result<Result, StoreFailure>
                    do throws(DatabaseError) {
                        result = .success(try work(database))
                        note(isWell: true)
                    } catch {
                        result = .failure(.failed(error))
                        note(isWell: false)
                    }
                    return { continuation.resume(returning: result) }
                }
                return true
            }
            if !isQueued { continuation.resume(returning: .failure(.busy)) }
        }
        return try outcome.get()
    }

    // MARK: The accounts thread

    private func run(_ start: Reading) {
        var reading = start
        while true {
            let next = queue.wait(upTo: Self.lookInterval) { queue -> [Job]? in
                if queue.jobs.isEmpty, !queue.isClosed { return nil }
                defer { queue.jobs = [] }
                return queue.jobs
            }
            for job in next ?? [] {
                let answer = database.withLock { job($0) }
                tellChanges(&reading)
                answer()
            }
            if let next, next.isEmpty { return }
            look(&reading)
        }
    }

    /// What others have written, and from time to time what may be forgotten.
    private func look(_ reading: inout Reading) {
        let now = clock.monotonic()
        let isPurgeDue = reading.lastPurge == .min || now - reading.lastPurge >= Self.purgeInterval.nanoseconds
        do throws(DatabaseError) {
            let version = try database.withLock { (database) throws(DatabaseError) in try database.foreignVersion() }
            // First: purging may fail, and a revocation must be felt all the same.
            if version != reading.foreignVersion {
                reading.foreignVersion = version
                tellChanges(&reading)
            }
            guard isPurgeDue else { return }
            reading.lastPurge = now
            try database.withLock { (database) throws(DatabaseError) in try database.purge(at: clock.wall()) }
            // Looks into every table, so it is a proof of health, too.
            note(isWell: true)
            tellChanges(&reading)
        } catch {
            fail(error)
        }
    }

    private func note(isWell: Bool) { health.store(isWell, ordering: .relaxed) }

    private func fail(_ error: DatabaseError) {
        note(isWell: false)
        complain(error)
    }

    private func tellChanges(_ reading: inout Reading) {
        do throws(DatabaseError) {
            let after = reading.sequence
            let news = try database.withLock { (database) throws(DatabaseError) in
                if let news = try database.changes(after: after) { return news }
                let (all, sequence) = try database.snapshot()
                return (changes: [all], sequence: sequence)
            }
            reading.sequence = news.sequence
            if !news.changes.isEmpty { publish(news.changes) }
        } catch {
            reading.foreignVersion = nil
            fail(error)
        }
    }
}
