internal import RelayThreads

/// An instant of the calendar, in microseconds since 1970: what tokens and accounts are dated by.
package struct UnixTime: Sendable, Hashable, Comparable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// Saturates: dates come from outside.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    package var seconds: Int64 { microseconds / 1_000_000 }
    package var milliseconds: Int64 { microseconds / 1_000 }

    package func advanced(by duration: Duration) -> UnixTime {
        let (sum, overflow) = microseconds.addingReportingOverflow(duration.nanoseconds / 1_000)
        return UnixTime(microseconds: overflow ? .max : sum)
    }

    package static func < (one: UnixTime, other: UnixTime) -> Bool { one.microseconds < other.microseconds }
}

/// The two clocks of the room, handed in so that tests can set them.
package struct AuthClock: Sendable {
    /// The calendar.
    package let wall: @Sendable () -> UnixTime
    /// Nanoseconds that never run backwards: limits on attempts must not care for a clock that was set.
    package let monotonic: @Sendable () -> Int64

    package init(wall: @escaping @Sendable () -> UnixTime, monotonic: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }

    package static let system = AuthClock(
        wall: { UnixTime(microseconds: WallClock.now) }, monotonic: { MonotonicClock.now })
}
