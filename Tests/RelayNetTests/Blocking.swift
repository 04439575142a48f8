import Glibc

@testable import RelayNet

/// Runs what blocks on a thread of its own: the pool that handlers run on has only as many threads as there are cores.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        do {
            let thread = try startThread(named: "test-client") { continuation.resume(returning: body()) }
            pthread_detach(thread)
        } catch {
            preconditionFailure("no thread for a test: \(error)")
        }
    }
}
