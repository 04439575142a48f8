import RelayProtocol

/// Params that a session is still to be told, and how far that has come. What is told is looked up when it is told, so
/// a job holds no values and nothing in it is ever old.
struct SnapshotJob {
    enum Source {
        /// After HELLO: all that the session may read. Says so even when that is nothing.
        case everything
        /// All that a pattern matches; how it is found is decided when its turn comes, so that jobs that wait are small.
        case matching(Pattern)
        /// The same, found by looking at every address.
        case scan(Pattern)
        /// The same, when these few addresses are all there is.
        case list(Pattern, [AddressID])
        /// What the session missed while it lagged.
        case missed
    }

    var source: Source
    /// The subscription that asked for it.
    let subscription: UInt32?
    /// The next address, or place in the list.
    var position: AddressID = 0
    /// Whether a SNAPSHOT has been sent.
    var hasSpoken = false

    init(_ source: Source, of subscription: UInt32? = nil) {
        self.source = source
        self.subscription = subscription
    }
}
