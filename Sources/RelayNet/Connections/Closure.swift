/// How a connection ended, as the upper module is told.
package struct Closure: Equatable, Sendable {
    package enum Cause: String, Sendable {
        /// The peer sent a Close frame, or shut its side of a raw connection.
        case peer
        /// We asked for it.
        case local
        /// The peer broke the protocol or a limit.
        case violation
        /// The peer did not take its output in time.
        case slow
        /// The peer answered no ping.
        case unresponsive
        /// Silence for too long.
        case idle
        /// TCP broke, or ended without a Close frame.
        case lost
        /// It went to another loop.
        case moved
    }

    package let cause: Cause
    package let code: CloseCode

    package init(_ cause: Cause, _ code: CloseCode) {
        self.cause = cause
        self.code = code
    }
}
