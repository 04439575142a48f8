internal import RelayAuth
internal import RelayStorage

/// The verdict on a status: good, worrying, or bad, and why.
package struct RelayHealth: Sendable, Equatable {
    package enum Grade: String, Sendable, Comparable {
        case healthy, degraded, unhealthy

        private var rank: Int {
            switch self {
            case .healthy: 0
            case .degraded: 1
            case .unhealthy: 2
            }
        }

        package static func < (one: Grade, other: Grade) -> Bool { one.rank < other.rank }
    }

    package struct Component: Sendable, Equatable {
        package let name: String
        package let grade: Grade
        /// Why it is not healthy.
        package let reason: String?
    }

    package let components: [Component]
    /// Whether traffic may be sent here: also false before the start is complete and while connections are drained.
    package let isReady: Bool

    package var grade: Grade { components.map(\.grade).max() ?? .healthy }

    package init(of status: RelayStatus) {
        var components = [Component(name: "loop", grade: .healthy, reason: nil)]
        if let storage = status.storage { components.append(Self.component(of: storage)) }
        if let accounts = status.accounts { components.append(Self.component(of: accounts)) }
        components.append(Self.component(of: status.jobs))
        self.components = components
        isReady = status.phase == .serving && components.allSatisfy { $0.grade < .unhealthy }
    }

    private static func component(of storage: StorageStatus) -> Component {
        let health = storage.health
        let grade: Grade =
            switch health.mode {
            case .readOnly: .unhealthy
            case _ where storage.isStalled: .unhealthy
            case .congested: .degraded
            case .writable: health.isDegraded ? .degraded : .healthy
            }
        let standard: String? =
            switch health.mode {
            case .readOnly: "nothing can be written"
            case _ where storage.isStalled: "the journal does not get written"
            case .congested: "the disk does not keep up"
            case .writable: health.quarantined > 0 ? "\(health.quarantined) files in quarantine" : "the disk fills up"
            }
        return Component(name: "storage", grade: grade, reason: grade == .healthy ? nil : health.reason ?? standard)
    }

    private static func component(of accounts: AccountStatus) -> Component {
        if !accounts.isConnected {
            return Component(name: "accounts", grade: .unhealthy, reason: "the accounts cannot be reached")
        }
        if !accounts.isMigrated {
            return Component(name: "accounts", grade: .degraded, reason: "the accounts wait for a migration")
        }
        return Component(name: "accounts", grade: .healthy, reason: nil)
    }

    private static func component(of jobs: [JobStatus]) -> Component {
        let stalled = jobs.filter(\.isStalled).map(\.name)
        return Component(
            name: "jobs", grade: stalled.isEmpty ? .healthy : .degraded,
            reason: stalled.isEmpty ? nil : "stalled: " + stalled.joined(separator: ", "))
    }
}
