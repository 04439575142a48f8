package import RelayAuth
package import RelayNet
package import RelayStorage
package import RelayThreads

/// What the relay knows of itself at one instant: plain values, taken on the loop, read anywhere.
package struct RelayStatus: Sendable {
    package enum Phase: String, Sendable { case starting, serving, draining }

    package var version: String
    package var name: String
    package var phase = Phase.starting
    package var isOpen = false
    /// Microseconds since 1970.
    package var started: Int64
    package var now: Int64

    /// Open WebSockets, greeted or not.
    package var connections = 0
    /// Those that said HELLO.
    package var sessions = 0
    package var lagging = 0
    package var queuedBytes = 0
    package var params = 0
    package var subscriptions = 0
    package var definitions = 0

    package var received = MessageCounters()
    package var sent = MessageCounters()
    /// Bytes that came as a message and were none.
    package var undecodable: UInt64 = 0
    /// ERRORs sent, by code.
    package var errors: [UInt16: UInt64] = [:]
    package var limits = LimitCounters()
    /// Updates that a lagging peer did not get because a newer one took their place.
    package var conflated: UInt64 = 0
    package var expired: UInt64 = 0
    /// Listeners per broadcast.
    package var fanOut = Histogram()

    /// Of the loop that serves WebSockets.
    package var net = NetCounters()
    /// Microseconds between two looks at the sockets, while there was work.
    package var loopGap = Histogram()
    package var longestGap = Duration.zero
    /// Of the HTTP port.
    package var http = HTTPCounters()

    /// Nil when nothing is kept.
    package var storage: StorageStatus?
    /// Nil in open mode.
    package var accounts: AccountStatus?
    package var jobs: [JobStatus] = []
    package var droppedLogLines = 0
    package var process = ProcessStatus()
    /// End of the certificate's validity, in Unix seconds.
    package var certificateEnd: Int64?

    package init(version: String, name: String, started: Int64, now: Int64) {
        self.version = version
        self.name = name
        self.started = started
        self.now = now
    }

    package var uptimeSeconds: Int64 { max(0, (now - started) / 1_000_000) }
}

package struct StorageStatus: Sendable {
    package var durability: Durability
    package var health: StorageHealth
    package var report: RecoveryReport
    /// The last record that was handed over.
    package var submitted: UInt64
    /// Records wait, and for long none has become safe.
    package var isStalled = false

    package init(durability: Durability, health: StorageHealth, report: RecoveryReport, submitted: UInt64) {
        self.durability = durability
        self.health = health
        self.report = report
        self.submitted = submitted
    }

    /// Records on their way to the file.
    package var unwritten: UInt64 { durability == .none ? 0 : submitted.subtractingOrZero(health.written) }
    /// Records that a power cut would take.
    package var unsynced: UInt64 { durability == .none ? 0 : submitted.subtractingOrZero(health.durable) }
}

/// Work that comes up again and again beside the serving.
package struct JobStatus: Sendable {
    package var name: String
    package var isStalled: Bool

    package init(_ name: String, isStalled: Bool) {
        self.name = name
        self.isStalled = isStalled
    }
}

package struct ProcessStatus: Sendable {
    package var residentBytes: UInt64 = 0
    package var cpuSeconds: Double = 0
    package var openDescriptors = 0
    package var maxDescriptors = 0

    package init() {}
}

extension UInt64 {
    fileprivate func subtractingOrZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
