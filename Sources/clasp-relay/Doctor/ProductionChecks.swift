import CLinux
import Glibc
import RelayStorage

/// What is tolerable on a laptop and not where people rely on it.
struct ProductionChecks {
    let settings: Settings
    let environment: [String: String]
    /// The systemd unit that keeps the relay alive.
    let unit: String
    let backups: String?
    /// Where people reach the relay from outside.
    let url: String?

    /// A day, and two hours for a backup that takes long.
    private static let backupAge: Int64 = 26 * 3_600

    var findings: [DoctorFinding] {
        [mode, openMode, exposure, adminToken, durability, registration, guests, logs] + rules + origins + service + [
            backup
        ]
            + outside
    }

    private var mode: DoctorFinding {
        settings.server.environment == .production
            ? .good("mode", "production")
            : .bad("mode", "RELAY_ENV is not production, so risky settings are let through")
    }

    private var openMode: DoctorFinding {
        settings.auth.isOpen
            ? .bad("open-mode", "nobody is asked for a token: everybody may read and write everything")
            : .good("open-mode", "off")
    }

    private var exposure: DoctorFinding {
        let endpoints = [settings.server.webSocketEndpoint, settings.server.httpEndpoint].compactMap { $0 }
        guard let exposed = endpoints.first(where: { !$0.isLocal }) else {
            return .good("exposure", "only this machine reaches the ports; a proxy encrypts")
        }
        return settings.tls.certificate == nil
            ? .bad("exposure", "\(exposed.text) is reached from outside, without encryption")
            : .good("exposure", "\(exposed.text) is encrypted")
    }

    private var adminToken: DoctorFinding {
        // One that is too short or a placeholder stops the settings from loading at all.
        settings.auth.adminToken == Secret()
            ? .worry("admin-token", "not set: /metrics and /status answer this machine only")
            : .good("admin-token", "set")
    }

    private var durability: DoctorFinding {
        settings.storage.durability == .none
            ? .bad("durability", "none: a crash loses up to \(settings.storage.snapshotInterval.text)")
            : .good("durability", settings.storage.durability.rawValue)
    }

    private var registration: DoctorFinding {
        settings.auth.registration == .open
            ? .worry("registration", "everybody may make an account")
            : .good("registration", settings.auth.registration.rawValue)
    }

    private var guests: DoctorFinding {
        settings.auth.registration != .open && settings.auth.guests == .open
            ? .worry("guests", "everybody gets in without an account, though not everybody may make one")
            : .good("guests", settings.auth.guests.rawValue)
    }

    private var logs: DoctorFinding {
        settings.log.format == .text
            ? .worry("logs", "--log-format text is hard to collect; json and auto are not")
            : .good("logs", settings.log.format.rawValue)
    }

    /// Which config there is, the general checks tell.
    private var rules: [DoctorFinding] {
        settings.lacksRules ? [.bad("app-config", "none: whoever signs in may read and write everything")] : []
    }

    private var origins: [DoctorFinding] {
        if settings.web.origins.isEmpty { return [.bad("origins", "pages of every web site may use the relay")] }
        let plain = settings.web.origins.filter { $0.hasPrefix("http://") }
        guard plain.isEmpty else { return [.bad("origins", "without https: \(plain.joined(separator: ", "))")] }
        return [.good("origins", settings.web.origins.joined(separator: ", "))]
    }

    // MARK: Around the relay

    private var service: [DoctorFinding] {
        guard let file = try? TextFile.read(unit) else {
            return [.worry("restart-policy", "\(unit) cannot be read: who starts the relay again?")]
        }
        var values: [String: String] = [:]
        for line in String(decoding: file.bytes, as: UTF8.self).split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { values[String(sides[0])] = String(sides[1]) }
        }
        let restart = values["Restart"] ?? "no"
        var findings: [DoctorFinding] = [
            ["always", "on-failure"].contains(restart)
                ? .good("restart-policy", "Restart=\(restart)")
                : .bad("restart-policy", "\(unit): Restart=\(restart) leaves a relay that ended where it is")
        ]
        let drain = settings.server.drainTimeout
        if let text = values["TimeoutStopSec"],
            let time = Duration(units: text.replacing("sec", with: "s").replacing("min", with: "m")),
            time <= drain
        {
            findings.append(
                .bad(
                    "stop-timeout",
                    "\(unit): TimeoutStopSec=\(text) ends the relay before --drain-timeout \(drain.text)"))
        }
        return findings
    }

    private var backup: DoctorFinding {
        guard let backups else { return .worry("backups", "not looked at: --backups DIR names where they lie") }
        let names = ((try? LinuxFileSystem().names(in: backups)) ?? []).filter { !$0.hasPrefix(".") }
        let newest = names.map { unsafe clinux_file_time(backups + "/" + $0) }.max() ?? 0
        guard newest > 0 else { return .bad("backups", "there are none in \(backups)") }
        let age = Int64(time(nil)) - newest / Self.fileTimeUnit
        return age <= Self.backupAge
            ? .good("backups", "the newest is \(max(0, age) / 3_600) hours old")
            : .bad("backups", "the newest in \(backups) is \(age / 3_600) hours old")
    }

    private static let fileTimeUnit: Int64 = 1_000_000

    private var outside: [DoctorFinding] {
        guard let url else { return [] }
        guard let place = ClientURL(url) else { return [.bad("public-url", "'\(url)' is no address")] }
        var findings: [DoctorFinding] = []
        if let plain = ClientURL(
            "http://\(place.host.contains(":") ? "[\(place.host)]" : place.host)"
                + (place.isEncrypted ? "/" : ":\(place.port)/"))
        {
            findings.append(redirect(from: plain))
        }
        for (item, endpoint) in [
            ("websocket-closed", settings.server.webSocketEndpoint), ("http-closed", settings.server.httpEndpoint),
        ] {
            guard settings.tls.certificate == nil, case .tcp(_, let port)? = endpoint, port > 0 else { continue }
            let isOpen = (try? ClientSocket(to: place.host, port, within: .seconds(3))) != nil
            findings.append(
                isOpen
                    ? .bad(item, "port \(port) of \(place.host) is open: people could go around the proxy")
                    : .good(item, "port \(port) of \(place.host) is closed"))
        }
        return findings
    }

    private func redirect(from url: ClientURL) -> DoctorFinding {
        do throws(ClientError) {
            let probe = try HTTPProbe.get(url)
            let leads = [301, 302, 307, 308].contains(probe.status) && probe.location?.hasPrefix("https://") ?? false
            return leads
                ? .good("https-only", "http is sent to https")
                : .bad("https-only", "http://\(url.authority) answers \(probe.status) instead of leading to https")
        } catch {
            // Nothing that listens cannot be listened to either.
            return .worry("https-only", "http://\(url.authority): \(error)")
        }
    }
}
