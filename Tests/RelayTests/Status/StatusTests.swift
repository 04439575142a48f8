import RelayJSON
import RelayNet
import RelayStorage
import RelayThreads
import Testing

@testable import Relay

@Suite struct `A histogram` {
    @Test func `puts each value below the smallest power of two that holds it`() {
        for value in [0, 1, 2, 3, 4, 5, 1_000, 1_024, 1_025, 1 << 24, (1 << 24) + 1, 1 << 40, .max] as [UInt64] {
            var histogram = Histogram()
            histogram.record(value)
            #expect(histogram.count == 1)
            for (bound, count) in histogram.cumulated {
                #expect(count == (value <= bound ? 1 : 0), "\(value) \(bound)")
            }
        }
    }
}

@Suite struct `Health` {
    private let good = RelayStatus.sample

    @Test func `is told in the shapes that other servers have`() throws {
        let health = try JSONValue(parsing: good.healthJSON.encoded())
        #expect(health["status"] == "healthy")
        #expect(health["version"] == "1.2.3")
        #expect(health["database"] == "connected")
        #expect(health["migrations"] == "up-to-date")
        #expect(health["jobs"] == "operational")
        #expect(health["uptime"] == 3_600)
        #expect(health["uptime_seconds"] == 3_600)
        #expect(health["timestamp"] == 1_700_003_600_500)
        let api = try JSONValue(parsing: good.apiHealthJSON.encoded())
        #expect(api == ["status": "ok", "version": "1.2.3", "uptime_secs": 3_600, "db_healthy": true])
    }

    @Test func `is degraded by what a person should look at, and still ready`() {
        for change in [
            { $0.storage?.health.isDegraded = true }, { $0.storage?.health.mode = .congested },
            { $0.jobs = [JobStatus("checkpoint", isStalled: true)] }, { $0.accounts?.isMigrated = false },
        ] as [(inout RelayStatus) -> Void] {
            let status = good.changed(change)
            #expect(RelayHealth(of: status).grade == .degraded)
            #expect(RelayHealth(of: status).isReady)
            #expect(StatusRoutes.health(status).status == .ok)
            #expect(status.healthJSON["status"] == "degraded")
            #expect(status.apiHealthJSON["status"] == "degraded")
        }
        #expect(good.changed { $0.jobs = [JobStatus("x", isStalled: true)] }.healthJSON["jobs"] == "degraded")
        #expect(good.changed { $0.accounts?.isMigrated = false }.healthJSON["migrations"] == "pending")
    }

    @Test func `is bad, with 503, when nothing can be kept`() {
        for change in [{ $0.storage?.health.mode = .readOnly }, { $0.accounts?.isConnected = false }]
            as [(inout RelayStatus) -> Void]
        {
            let status = good.changed(change)
            #expect(!RelayHealth(of: status).isReady)
            #expect(StatusRoutes.health(status).status == .serviceUnavailable)
            #expect(StatusRoutes.apiHealth(status).status == .serviceUnavailable)
            #expect(status.healthJSON["status"] == "unhealthy")
            #expect(status.healthJSON["database"] == "disconnected")
            #expect(status.apiHealthJSON["db_healthy"] == false)
        }
    }

    @Test func `is not ready before the start is complete and while it ends`() {
        for phase in [RelayStatus.Phase.starting, .draining] {
            let status = good.changed { $0.phase = phase }
            #expect(!RelayHealth(of: status).isReady)
            #expect(RelayHealth(of: status).grade == .healthy)
        }
    }

    @Test func `shows operators figures, and what is wrong`() throws {
        let json = try JSONValue(parsing: good.statusJSON.encoded())
        #expect(json["connections"] == 12)
        #expect(json["sessions"] == 11)
        #expect(json["params"] == 5)
        #expect(json["journal"]?["lag"] == 2)
        #expect(json["journal"]?["unsynced"] == 5)
        #expect(json["limits_met"] == ["rate": 2, "max_params": 1])
        #expect(json["problems"] == [])
        let bad = good.changed {
            $0.storage?.health.mode = .readOnly
            $0.storage?.health.reason = "the disk is full"
        }
        #expect(bad.statusJSON["problems"] == [["component": "storage", "reason": "the disk is full"]])
        #expect(good.changed { $0.storage?.durability = .none }.statusJSON["journal"]?["lag"] == 0)
    }
}
