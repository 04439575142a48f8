internal import CLinux

/// A value that several threads share: a lock around it, and a way to wait until it has changed.
///
/// Unsafe by nature and therefore small. The lock owns a heap block of C for as long as the monitor lives; `state` is
/// touched only while the lock is held, which is what makes the class `Sendable`.
@safe package final class Monitor<State>: @unchecked Sendable {
    private let lock: OpaquePointer
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        unsafe lock = clinux_monitor_make()
    }

    deinit { unsafe clinux_monitor_free(lock) }

    package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe clinux_monitor_lock(lock)
        defer { unsafe clinux_monitor_unlock(lock) }
        return try body(&state)
    }

    /// Changes the state and wakes whoever waits, all of them: after unlocking, or they would wake up only to wait for
    /// the lock.
    package func change<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { unsafe clinux_monitor_wake(lock) }
        return try withLock(body)
    }

    /// Waits until `ready` finds what it looks for and returns that, or nil when the time is over. Without a time it
    /// waits for ever.
    @discardableResult
    package func wait<Result>(upTo time: Duration? = nil, until ready: (inout State) -> Result?) -> Result? {
        let end = time.map { MonotonicClock.now + $0.nanoseconds }
        unsafe clinux_monitor_lock(lock)
        defer { unsafe clinux_monitor_unlock(lock) }
        while true {
            if let result = ready(&state) { return result }
            guard let end else {
                unsafe clinux_monitor_wait(lock, -1)
                continue
            }
            let left = end - MonotonicClock.now
            if left <= 0 { return nil }
            unsafe clinux_monitor_wait(lock, left)
        }
    }
}

/// Nanoseconds for measuring what passes; they have no date.
package enum MonotonicClock {
    package static var now: Int64 { clinux_monotonic_nanoseconds() }
}

/// Microseconds since 1970, as CLASP counts them.
package enum WallClock {
    package static var now: Int64 { clinux_wall_microseconds() }
}

extension Duration {
    /// Far beyond any waiting time of ours; saturates instead of overflowing.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min / 2 : .max / 2 }
        return min(max(whole, .min / 2), .max / 2) + attoseconds / 1_000_000_000
    }
}
