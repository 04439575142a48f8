internal import RelayThreads

/// Counts attempts and says when there were too many.
///
/// A window begins with the first attempt. With the last one it allows the key is blocked to the window's end; each
/// further time within a quarter of an hour for twice as long, up to that quarter, and always for a little longer than
/// anybody can foresee. A value on a clock that is handed in; its memory is bounded, and if it is full the mildest
/// cases are forgotten first.
package struct AttemptLimiter: Sendable {
    package struct Rule: Sendable, Equatable {
        package var maxAttempts: Int
        package var window: Duration

        package init(maxAttempts: Int, window: Duration) {
            self.maxAttempts = maxAttempts
            self.window = window
        }

        package static let login = Rule(maxAttempts: 5, window: .seconds(60))
        package static let registration = Rule(maxAttempts: 10, window: .seconds(60))
    }

    private struct Entry {
        var windowStart: Int64
        var attempts = 0
        /// How often in a row the key was blocked.
        var level = 0
        var blockedUntil: Int64?
        /// Whom all attempts were about; nil once they were about several.
        var about: TokenDigest?

        func isBlocked(at now: Int64) -> Bool { blockedUntil.map { $0 > now } ?? false }

        /// When the key was last heard of, as far as that makes its next block longer.
        var lastOffence: Int64 { max(blockedUntil ?? windowStart, windowStart) }
    }

    private var entries: [AttemptKey: Entry] = [:]
    private var rule: Rule
    private var window: Int64 { min(max(rule.window.nanoseconds, 1), Self.longestWindow) }
    private let maxEntries: Int
    private var nextSweep: Int64 = .min
    private var order = KeyQueue()

    package static let longestBlock = Duration.seconds(900)
    /// The share of a block that is added at most.
    static let jitter: Int64 = 20  // one 20th
    /// Of an entry about 200 bytes are kept: 10 MB.
    package static let defaultMaxEntries = 50_000
    private static let longestWindow = Duration.seconds(86_400).nanoseconds
    private static let sweepInterval = Duration.seconds(1).nanoseconds

    package init(_ rule: Rule, maxEntries: Int = defaultMaxEntries) {
        self.rule = rule
        self.maxEntries = maxEntries
    }

    /// Counts by another rule from now on. Blocks that have begun stay.
    package mutating func use(_ rule: Rule) { self.rule = rule }

    package var count: Int { entries.count }

    /// How long a key has still to wait; nil: not at all.
    package func wait(for key: AttemptKey, at now: Int64) -> Duration? {
        guard let end = entries[key]?.blockedUntil, end > now else { return nil }
        return .nanoseconds(end - now)
    }

    /// Counts an attempt before its outcome is known, so that many at once are not taken for one.
    package mutating func begin(_ key: AttemptKey, about subject: TokenDigest? = nil, at now: Int64, random: UInt64) {
        makeRoom(for: key, at: now)
        var entry = entries[key] ?? Entry(windowStart: now, about: subject)
        if now - entry.windowStart >= window, !entry.isBlocked(at: now) {
            let isForgotten = now - entry.lastOffence >= Self.longestBlock.nanoseconds
            entry = Entry(windowStart: now, level: isForgotten ? 0 : entry.level, about: subject)
        }
        if entries[key] == nil { order.append(key) }
        entry.attempts += 1
        if entry.about != subject { entry.about = nil }
        if entry.attempts >= rule.maxAttempts, !entry.isBlocked(at: now) { block(&entry, at: now, random: random) }
        entries[key] = entry
    }

    private func block(_ entry: inout Entry, at now: Int64, random: UInt64) {
        let longest = max(Self.longestBlock.nanoseconds, window)
        let length = min(window << Int64(min(entry.level, 10)), longest)
        let start = entry.level == 0 ? entry.windowStart : now
        let extra = Int64(random % UInt64(max(length / Self.jitter, 1)))
        entry.blockedUntil = start + length + extra
        entry.level += 1
    }

    /// Takes an attempt back that turned out to be none: it succeeded, or it was never looked at.
    package mutating func withdraw(_ key: AttemptKey) {
        guard var entry = entries[key], entry.attempts > 0 else { return }
        // The rule may have been another one when the attempt began.
        if entry.attempts == rule.maxAttempts, entry.level > 0 {
            entry.blockedUntil = nil
            entry.level -= 1
        }
        entry.attempts -= 1
        entries[key] = entry.attempts == 0 && entry.level == 0 ? nil : entry
    }

    /// After a success: forgets the failures if they were all about `subject`, else only takes the attempt back. (Or
    /// who has one password could try out others for ever.)
    package mutating func forgive(_ key: AttemptKey, about subject: TokenDigest?) {
        if let entry = entries[key], entry.about == subject {
            entries[key] = nil
        } else {
            withdraw(key)
        }
    }

    // MARK: Memory

    private mutating func makeRoom(for key: AttemptKey, at now: Int64) {
        if order.count >= 2 * maxEntries { order = KeyQueue(Array(entries.keys)) }
        guard entries.count >= maxEntries, entries[key] == nil else { return }
        if now >= nextSweep {
            nextSweep = now + Self.sweepInterval
            let (window, quiet) = (window, Self.longestBlock.nanoseconds)
            entries = entries.filter { _, entry in
                entry.isBlocked(at: now) || now - entry.windowStart < window
                    || (entry.level > 0 && now - entry.lastOffence < quiet)
            }
        }
        if entries.count >= maxEntries { evict() }
    }

    /// Drops the oldest entry that was never blocked; one that was gets another turn, unless there are only such.
    private mutating func evict() {
        for turn in 1...Self.maxTurns {
            guard let key = order.popFirst() else { return }
            guard let entry = entries[key] else { continue }
            if entry.level == 0 || turn == Self.maxTurns {
                entries[key] = nil
                return
            }
            order.append(key)
        }
    }

    private static let maxTurns = 64
}

/// Keys in the order of their first attempt. May hold some that are gone, but not many.
private struct KeyQueue {
    private var keys: [AttemptKey]
    private var start = 0

    init(_ keys: [AttemptKey] = []) { self.keys = keys }

    var count: Int { keys.count - start }

    mutating func append(_ key: AttemptKey) { keys.append(key) }

    mutating func popFirst() -> AttemptKey? {
        guard start < keys.count else { return nil }
        defer { start += 1 }
        if start > keys.count / 2 {
            keys.removeFirst(start)
            start = 0
        }
        return keys[start]
    }

}
