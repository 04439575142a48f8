/// A token bucket: so many messages a second for ever, and a burst on top of it.
struct RateBucket {
    /// Thousandths of a message.
    private var level: Int64
    private var filledAt: UInt64

    init(burst: Int, at uptime: UInt64) {
        level = Int64(burst) * 1000
        filledAt = uptime
    }

    /// Takes `count` messages out; false, and nothing is taken, when there are not that many.
    mutating func take(_ count: Int, rate: Int, burst: Int, at uptime: UInt64) -> Bool {
        // Nobody's clock jumps an hour between two messages of a bucket that was not full by then.
        let elapsed = Int64(min(uptime &- filledAt, 3_600_000_000))
        level = min(Int64(burst) * 1000, level + elapsed * Int64(rate) / 1000)
        // What the division dropped stays to be counted next time.
        if elapsed * Int64(rate) >= 1000 || level == Int64(burst) * 1000 { filledAt = uptime }
        guard level >= Int64(count) * 1000 else { return false }
        level -= Int64(count) * 1000
        return true
    }
}
