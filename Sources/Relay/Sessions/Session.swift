import RelayAuth
import RelayProtocol

/// One connection, as the hub knows it.
struct Session: Sendable {
    enum Phase: UInt8 {
        /// Nobody is there.
        case vacant
        /// Connected, and still to say HELLO.
        case greeting
        case live
        /// Told to go; whatever still comes from it is not looked at.
        case leaving
    }

    var phase = Phase.vacant
    /// Counts the sessions of this place, so that what was meant for one does not reach the next.
    var generation: UInt32 = 0
    var id: SessionID?
    /// The token that came with the connection, for a HELLO that has none.
    var offered: [UInt8]?
    /// Holds its id's name from the first write on, as long as the session lives.
    var writer: WriterID = 0
    /// Nil in open mode.
    var access: Access?

    /// What it lives by, and until when in Unix microseconds; nil for ever.
    var token: TokenDigest?
    /// The key that signed it.
    var signingKey: String?
    var end: UInt64?
    /// When the queue of deadlines looks whether it has come, in microseconds of uptime.
    var tokenLook: UInt64 = 0
    /// It has been told that the end is near.
    var isWarned = false
    var isGuest = false
    /// Counted among its user's sessions.
    var isBound = false

    var subscriptions: [Subscription] = []
    var locks: Set<AddressID> = []
    /// Params that vanish when the session ends.
    var presence: Set<AddressID> = []
    /// Snapshots that it is still to get, in this order.
    var snapshots: [SnapshotJob] = []
    /// What it missed while it lagged; nil when nothing.
    var missed: MissedUpdates?

    /// Bytes of snapshots that may be queued before it is asked whether there is room.
    var snapshotCredit: Int32 = 0
    var awaitsRoom = false

    var bucket: RateBucket?
    /// Uptime of the last ERROR 429; they come once a second at most.
    var lastRateError: UInt64 = 0
    var freeSubscribes: UInt16 = 0
    var announced: UInt16 = 0
    var pendingBundles: UInt16 = 0
    var gestures: UInt16 = 0
}

/// One SUBSCRIBE that is in force.
struct Subscription {
    let id: UInt32
    /// Its pattern's place in the index.
    let entry: PatternIndex.Entry
    let types: SignalSet
    let pace: Pace?
}

/// How much a subscription wants thinned.
struct Pace: Equatable {
    /// Microseconds between two deliveries of one address; 0 for no bound.
    var interval: UInt64
    /// Changes of a number smaller than this are not worth telling; 0 for none.
    var epsilon: Double

    /// Nil when nothing is asked for.
    init?(_ options: SubscribeMessage.Options) {
        interval = options.maxRate.map { $0 > 0 ? 1_000_000 / UInt64($0) : 0 } ?? 0
        epsilon = options.epsilon.map { $0.isFinite && $0 > 0 ? $0 : 0 } ?? 0
        if interval == 0, epsilon == 0 { return nil }
    }

    /// What suits both: of several subscriptions the least restrictive counts.
    func merged(with other: Pace) -> Pace? {
        var merged = self
        merged.interval = min(interval, other.interval)
        merged.epsilon = min(epsilon, other.epsilon)
        return merged.interval == 0 && merged.epsilon == 0 ? nil : merged
    }
}
