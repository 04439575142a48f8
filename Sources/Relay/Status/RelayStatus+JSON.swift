package import RelayJSON
internal import RelayAuth
internal import RelayStorage

/// The shapes in which other servers of this kind tell their health, and `/status` of our own.
extension RelayStatus {
    /// `/health`.
    package var healthJSON: JSONValue {
        let health = RelayHealth(of: self)
        return [
            "status": .string(health.grade.rawValue), "version": .string(version),
            "database": isDatabaseConnected ? "connected" : "disconnected",
            "migrations": accounts?.isMigrated ?? true ? "up-to-date" : "pending",
            "jobs": jobs.contains(where: \.isStalled) ? "degraded" : "operational", "uptime": .int(uptimeSeconds),
            "uptime_seconds": .int(uptimeSeconds), "timestamp": .int(now / 1_000), "ready": .bool(health.isReady),
        ]
    }

    /// `/api/health`.
    package var apiHealthJSON: JSONValue {
        let grade = RelayHealth(of: self).grade
        return [
            "status": grade == .healthy ? "ok" : .string(grade.rawValue), "version": .string(version),
            "uptime_secs": .int(uptimeSeconds), "db_healthy": .bool(isDatabaseConnected),
        ]
    }

    /// What keeps params and accounts is the database, whatever it is made of.
    private var isDatabaseConnected: Bool {
        let isStored = storage.map { $0.health.mode != .readOnly && !$0.isStalled } ?? true
        return isStored && accounts?.isConnected ?? true
    }

    /// `/status`.
    package var statusJSON: JSONValue {
        let health = RelayHealth(of: self)
        let problems = health.components.filter { $0.grade != .healthy }
        var members: [JSONMember] = [
            JSONMember("status", .string(health.grade.rawValue)), JSONMember("phase", .string(phase.rawValue)),
            JSONMember("ready", .bool(health.isReady)), JSONMember("version", .string(version)),
            JSONMember("name", .string(name)), JSONMember("mode", isOpen ? "open" : "authenticated"),
            JSONMember("uptime_seconds", .int(uptimeSeconds)), JSONMember("connections", .int(Int64(connections))),
            JSONMember("sessions", .int(Int64(sessions))), JSONMember("lagging", .int(Int64(lagging))),
            JSONMember("queued_bytes", .int(Int64(queuedBytes))), JSONMember("params", .int(Int64(params))),
            JSONMember("subscriptions", .int(Int64(subscriptions))),
            JSONMember("definitions", .int(Int64(definitions))),
            JSONMember("messages_received", .int(Int64(clamping: received.total))),
            JSONMember("messages_sent", .int(Int64(clamping: sent.total))),
        ]
        if let storage {
            members.append(JSONMember("journal", storage.journalJSON))
            members.append(JSONMember("storage", storage.json))
        }
        if let accounts { members.append(JSONMember("accounts", accounts.json)) }
        members.append(
            JSONMember("jobs", .object(jobs.map { JSONMember($0.name, $0.isStalled ? "stalled" : "operational") })))
        members.append(
            JSONMember(
                "limits_met",
                .object(
                    LimitName.allCases.filter { limits[$0] > 0 }.map {
                        JSONMember($0.name, .int(Int64(clamping: limits[$0])))
                    })))
        members.append(JSONMember("memory_bytes", .int(Int64(clamping: process.residentBytes))))
        members.append(JSONMember("log_lines_dropped", .int(Int64(droppedLogLines))))
        members.append(
            JSONMember(
                "problems",
                .array(problems.map { ["component": .string($0.name), "reason": .string($0.reason ?? "")] })))
        return .object(members)
    }
}

extension AccountStatus {
    fileprivate var json: JSONValue {
        let met = attempts.filter { $0.count > 0 }
        return [
            "connected": .bool(isConnected), "tokens": .int(Int64(tokens)), "hash_queue": .int(Int64(hashQueue)),
            "attempts": .object(
                met.map { JSONMember("\($0.action)_\($0.result)", .int(Int64(clamping: $0.count))) }),
        ]
    }
}

extension StorageStatus {
    fileprivate var journalJSON: JSONValue {
        [
            "lag": .int(Int64(clamping: unwritten)), "unsynced": .int(Int64(clamping: unsynced)),
            "bytes": .int(Int64(clamping: health.journalBytes)),
        ]
    }

    fileprivate var json: JSONValue {
        let mode: JSONValue =
            switch health.mode {
            case .writable: "writable"
            case .congested: "congested"
            case .readOnly: "read-only"
            }
        return [
            "mode": mode, "durability": .string(durability.rawValue),
            "checkpoints": .int(Int64(clamping: health.checkpoints)),
            "quarantined": .int(Int64(health.quarantined)),
            "recovered_from": report.checkpoint.map { .string($0) } ?? .null,
            "replayed": .int(Int64(report.replayed)),
        ]
    }
}
