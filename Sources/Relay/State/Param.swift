import RelayProtocol

/// A parameter as it is kept: its value in canonical bytes, and what the protocol says about it.
struct Param: Sendable {
    var standing = ParamStanding()
    var value = StoredValue.null

    var exists: Bool { standing.exists }
    var revision: UInt64 { standing.revision }
    var timestamp: UInt64 { standing.timestamp }
    var writer: WriterID { standing.writer }
    var lockHolder: Int32 { standing.lockHolder }
    var address: ByteSlab.Place { standing.address }

    func isExpired(at uptime: UInt64) -> Bool { standing.isExpired(at: uptime) }
}

/// All of a param but its value: plain numbers, which are copied without counting references.
struct ParamStanding: Sendable {
    /// Zero for a place that holds none: the first write is revision one.
    var revision: UInt64 = 0
    /// Unix microseconds of the accepted write.
    var timestamp: UInt64 = 0
    /// When it ends, in microseconds of uptime; zero for never.
    var deadline: UInt64 = 0
    var writer: WriterID = 0
    /// Where the bytes of its address are, for whoever writes them to a file meanwhile.
    var address = ByteSlab.Place()
    /// The session that holds the lock; -1 when nobody does. Locks end with the session.
    var lockHolder: Int32 = -1
    /// As given by the last SET that gave one; nil for the relay's default.
    var timeToLive: TimeToLive?
    /// Unix microseconds of the SET that gave an absolute lifetime.
    var lifetimeStart: UInt64 = 0

    var exists: Bool {
        @inline(__always) get { revision != 0 }
    }

    @inline(__always)
    func isExpired(at uptime: UInt64) -> Bool { deadline != 0 && deadline <= uptime }
}
