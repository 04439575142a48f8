import RelayJSON
import RelayAuth
import RelayNet
@testable import RelayStorage

@testable import Relay

extension RelayStatus {
    /// A relay that has been up for an hour and has had something of everything.
    static var sample: RelayStatus {
        var status = RelayStatus(
            version: "1.2.3", name: "Sample \"R\"", started: 1_700_000_000_000_000, now: 1_700_003_600_500_000)
        status.phase = .serving
        status.connections = 12
        status.sessions = 11
        status.lagging = 1
        status.queuedBytes = 70_000
        status.params = 5
        status.subscriptions = 7
        status.definitions = 2
        status.received.count(.set, 40)
        status.received.count(.federationSync)
        status.sent.count(.snapshot, 2)
        status.undecodable = 3
        status.errors = [429: 2, 301: 1]
        status.limits.count(.rate, 2)
        status.limits.count(.maxParams)
        for listeners in [1, 2, 3, 100] as [UInt64] { status.fanOut.record(listeners) }
        status.loopGap.record(90)
        status.loopGap.record(4_000)
        status.longestGap = .milliseconds(4)
        status.net.bytesIn = 4_096
        status.http.requests = 4
        status.http.responses = [0, 0, 3, 0, 1, 0]
        var health = StorageHealth()
        health.written = 98
        health.durable = 95
        health.disk = DiskSpace(total: 1_000_000, available: 400_000)
        health.lastCheckpoint = CheckpointFigures(
            params: 5, rejected: 0, bytes: 600, duration: .milliseconds(12), sequence: 90,
            finished: 1_700_003_590_000_000)
        status.storage = StorageStatus(durability: .journal, health: health, report: RecoveryReport(), submitted: 100)
        var accounts = AccountStatus()
        accounts.attempts = [
            AccountStatus.Attempts(action: "login", result: "success", count: 9),
            AccountStatus.Attempts(action: "login", result: "limited", count: 1),
        ]
        accounts.hashWait.record(1_500)
        status.accounts = accounts
        status.jobs = [JobStatus("checkpoint", isStalled: false), JobStatus("expiry", isStalled: false)]
        status.process.residentBytes = 20 << 20
        status.certificateEnd = 1_800_000_000
        return status
    }

    func changed(_ change: (inout RelayStatus) -> Void) -> RelayStatus {
        var copy = self
        change(&copy)
        return copy
    }
}
