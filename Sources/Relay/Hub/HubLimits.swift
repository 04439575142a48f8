/// Every bound of the hub, with its reason. What a session may not exceed is refused with the ERROR that the comment
/// names; what only the relay's memory is protected by has a counter.
package struct HubLimits: Sendable {
    /// Sessions after HELLO; beyond it 1013. 0 means any number.
    package var maxSessions = 1000
    /// Sessions of one user; beyond it 1008. 0 means any number.
    package var maxSessionsPerUser = 20
    /// From accept to HELLO.
    package var helloTimeout: UInt64 = 10_000_000

    /// Params in all: a new address is refused with ERROR 400 AtCapacity, none is ever pushed out. 0 means any number.
    package var maxParams = 100_000
    /// Params that one user, or one guest, has brought into being since the start: ERROR 400 AtCapacity. 0 means any
    /// number.
    package var maxCreatedPerUser = 10_000
    package var maxCreatedPerGuest = 1_000
    /// Seconds that a param without a lifetime of its own lives; 0 means for ever.
    package var paramTimeToLive: UInt32 = 0

    /// Subscriptions of one session: ERROR 429.
    package var maxSubscriptions = 1000
    /// Messages a second of a session with a token, for ever and at once: ERROR 429. A rate of 0 means any number.
    package var messageRate = 30
    package var messageBurst = 300
    /// SUBSCRIBEs of a session that are not counted: a client sends all of its own again after a reconnect.
    package var freeSubscribes: UInt16 = 1000

    /// Announced signals in all and per session: ERROR 429.
    package var maxDefinitions = 10_000
    package var maxDefinitionsPerSession: UInt16 = 1000
    /// Seconds that an announced signal is remembered; 0 means for ever.
    package var definitionTimeToLive: UInt32 = 3600

    /// How far ahead a bundle may be scheduled, and how many of a session may wait: ERROR 400.
    package var maxBundleDelay: UInt64 = 60_000_000
    package var maxPendingBundles: UInt16 = 1000
    /// Bytes of bundles that wait, of all sessions: ERROR 400.
    package var maxPendingBundleBytes = 64 << 20

    /// Moves of a gesture are gathered this long.
    package var gestureInterval: UInt64 = 16_000
    /// Gestures of one session that are gathered at a time; moves of others pass as they come.
    package var maxGestures: UInt16 = 64
    /// A gesture without an end is forgotten.
    package var gestureTimeout: UInt64 = 300_000_000

    /// Thinned deliveries that are remembered; beyond it they are not thinned.
    package var maxPacedAddresses = 65_536

    /// Signals that are kept for late subscribers: per address, in all addresses, and in bytes.
    package var maxRecentPerAddress = 100
    package var maxRecentAddresses = 4096
    package var maxRecentBytes = 16 << 20
    /// Of these so many bytes, the newest, are told to one subscriber: they must fit into its queue.
    package var maxRecentReplyBytes = 256 << 10

    /// Newest frames of streams that are kept for a session while it lags.
    package var maxMissedStreams = 64
    package var maxMissedStreamBytes = 256 << 10

    /// Snapshot bytes queued for a peer before it is asked whether it has room.
    package var snapshotSlice: Int32 = 128 << 10

    /// Addresses without a param that are remembered.
    package var maxIdleAddresses = 65_536
    /// Places of the cache of listeners, and listeners in all of them: a place has as many as there are sessions that
    /// subscribed there.
    package var maxMatches = 1 << 18
    package var maxCachedListeners = 1 << 22
    /// Nodes of the address tree that one SUBSCRIBE may visit at once; a broader one scans in slices.
    package var walkBudget = 4096

    package init() {}
}
