package import RelayThreads

/// What the room knows of itself at one instant.
package struct AccountStatus: Sendable {
    package struct Attempts: Sendable {
        /// `register`, `login`, `guest`, `refresh`, `logout`, `password` or `me`.
        package var action: String
        /// `success`, `failure` or `limited`.
        package var result: String
        package var count: UInt64

        package init(action: String, result: String, count: UInt64) {
            self.action = action
            self.result = result
            self.count = count
        }
    }

    /// Whether the file could be read and written when it was last tried.
    package var isConnected = true
    /// Whether the tables have the form this program wants.
    package var isMigrated = true
    /// That could open a session, signed ones left aside.
    package var tokens = 0
    package var attempts: [Attempts] = []
    /// Passwords that wait to be hashed.
    package var hashQueue = 0
    /// Microseconds that they waited.
    package var hashWait = Histogram()

    package init() {}
}
