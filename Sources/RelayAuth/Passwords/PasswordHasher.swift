internal import RelayThreads

/// Hashes and compares passwords on threads of its own that give way to all others.
///
/// It has no queue of its own to speak of: `HashTurns` lets no more in at a time than there are workers, so that what
/// waits can still be refused.
package final class PasswordHasher: Sendable {
    private struct Jobs {
        var waiting: [@Sendable () -> Void] = []
        var isClosed = false
    }

    package let parameters: Argon2Parameters
    package let workerCount: Int
    /// Compared with when there is no such user: who asks must not learn that from the time it takes.
    private let dummy: PasswordRecord
    private let jobs = Monitor(Jobs())
    private let threads: Monitor<[BackgroundThread]>

    /// Passwords, in bytes. The least is what other CLASP relays demand; the most keeps a hash's input small.
    package static let passwordLengths = 6...1_024
    /// Each worker takes a core and, while it hashes, `parameters.memoryKiB`.
    package init(workers: Int, parameters: Argon2Parameters = .standard) throws(Argon2Failure) {
        self.parameters = parameters
        workerCount = max(workers, 1)
        dummy = try Argon2.record(Secret.bytes(16), salt: Secret.bytes(Argon2.saltBytes), parameters)
        threads = Monitor([])
        let started = (0..<workerCount).map { index in
            BackgroundThread(name: "relay-hash-\(index)", niceness: 10) { [self] in run() }
        }
        threads.withLock { $0 = started }
    }

    /// Lets the work that has begun end, and ends the threads.
    package func close() {
        jobs.change { $0.isClosed = true }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
    }

    package func hash(_ password: [UInt8]) async throws(Argon2Failure) -> String {
        let parameters = parameters
        return try await perform { () throws(Argon2Failure) -> String in
            try Argon2.record(password, salt: Secret.bytes(Argon2.saltBytes), parameters).text
        }
    }

    package enum Verdict: Sendable, Equatable {
        case wrong
        /// `isOutdated`: hashed with other parameters than today's.
        case right(isOutdated: Bool)
        /// What is stored is no hash that can be read.
        case unreadable
    }

    /// Without a stored hash a dummy is compared with, and the verdict is `wrong`.
    package func verify(_ password: [UInt8], against stored: String?) async throws(Argon2Failure) -> Verdict {
        let record: PasswordRecord
        if let stored {
            guard let read = PasswordRecord(stored) else { return .unreadable }
            record = read
        } else {
            record = dummy
        }
        let isRight = try await perform { () throws(Argon2Failure) -> Bool in
            try Argon2.matches(password, record)
        }
        guard isRight, stored != nil else { return .wrong }
        return .right(isOutdated: record.parameters != parameters || record.hash.count != Argon2.hashBytes)
    }

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable () throws(Argon2Failure) -> Result
    ) async throws(Argon2Failure) -> Result {
        let outcome: Swift.Result<Result, Argon2Failure> = await withCheckedContinuation { continuation in
            jobs.change { jobs in
                jobs.waiting.append {
                    do throws(Argon2Failure) {
                        continuation.resume(returning: .success(try work()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            }
        }
        return try outcome.get()
    }

    private func run() {
        while true {
            let job = jobs.wait { jobs -> (@Sendable () -> Void)?? in
                if !jobs.waiting.isEmpty { return .some(jobs.waiting.removeFirst()) }
                return jobs.isClosed ? .some(nil) : nil
            }
            guard let job = job ?? nil else { return }
            job()
        }
    }
}
