/// When something happens. The hub reads no clock: every call says what time it is.
package struct Moment: Equatable, Sendable {
    /// Microseconds since 1970, as everybody on the wire counts.
    package var unix: UInt64
    /// Microseconds of a clock that nobody sets. Deadlines are kept in it.
    package var uptime: UInt64

    package init(unix: UInt64, uptime: UInt64) {
        self.unix = unix
        self.uptime = uptime
    }
}
