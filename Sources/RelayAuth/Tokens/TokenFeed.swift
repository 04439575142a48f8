internal import RelayThreads
internal import Synchronization

/// A mailbox for changes between the accounts thread and a thread that owns a `TokenTable`.
///
/// Whoever decides empties it first: then a client that was just given a token finds it known, however busy the loop
/// is. Looking into an empty mailbox costs one relaxed load.
package final class TokenFeed: Sendable {
    private let waiting = Monitor<[TokenChange]>([])
    private let hasNews = Atomic<Bool>(false)
    private let wake: @Sendable () -> Void

    /// `wake` is called, on the sender's thread, when news arrives in an empty mailbox: sessions must not outlive a
    /// revocation because their loop sleeps.
    package init(wake: @escaping @Sendable () -> Void = {}) {
        self.wake = wake
    }

    package func push(_ changes: [TokenChange]) {
        guard !changes.isEmpty else { return }
        let wasEmpty = waiting.withLock { waiting in
            defer { waiting += changes }
            return waiting.isEmpty
        }
        hasNews.store(true, ordering: .releasing)
        if wasEmpty { wake() }
    }

    package func take() -> [TokenChange] {
        guard hasNews.load(ordering: .relaxed), hasNews.exchange(false, ordering: .acquiring) else { return [] }
        return waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
