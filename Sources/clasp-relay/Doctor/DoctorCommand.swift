import Glibc

/// `clasp-relay doctor`: looks for what is wrong before users do. Changes nothing.
enum DoctorCommand {
    static let command = Command(
        "doctor", ["[OPTION]… [-- OPTION OF THE RELAY…]"], "look for what is wrong here, before users do",
        flags: flags, call: run)

    private static let flags = [
        Flag(name: "production", help: "also look for what must not be in production"),
        Flag(name: "host", help: "look at this machine instead: can it build and run a relay"),
        Flag(
            name: "url", placeholder: "URL",
            help: "with --production: also look from outside, at an address such as http://chat.example.com"),
        Flag(
            name: "unit", placeholder: "FILE",
            help: "with --production: the systemd unit to look at [relay.service where systemd looks for it]",
            form: .file),
        Flag(
            name: "backups", placeholder: "DIR", help: "with --production: where backups lie; the newest must be young",
            form: .directory),
        SettingsLoader.config,
    ]

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        if call.has("host") {
            let findings = HostChecks(path: call.environment["PATH"] ?? "").findings
            return report(findings, failure: EX_UNAVAILABLE)
        }
        // What follows `--` are the flags that the relay is started with.
        var relay = Invocation(arguments: call.words, environment: call.environment)
        if let config = call.value("config") { relay.arguments += ["--config", config] }
        guard case .success(let loaded) = SettingsLoader.load(relay) else { return reportSettings(of: relay) }
        var findings = [DoctorFinding.good("settings", "good")]
        findings += loaded.notes.map { .worry("settings", $0) }
        findings += SettingsChecks(settings: loaded.settings).findings
        if call.has("production") {
            findings +=
                ProductionChecks(
                    settings: loaded.settings, environment: call.environment,
                    unit: call.value("unit") ?? unit,
                    backups: call.value("backups"), url: call.value("url")
                ).findings
        }
        return report(findings, failure: EXIT_FAILURE)
    }

    /// Where systemd would take ours from.
    private static var unit: String {
        let places = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map { $0 + "/systemd/system/relay.service" }
        return places.first { unsafe access($0, F_OK) == 0 } ?? places[0]
    }

    private static func reportSettings(of invocation: Invocation) -> Int32 {
        guard case .failure(let faults) = SettingsLoader.load(invocation) else { return EX_SOFTWARE }
        return report(faults.list.map { .bad($0.trouble.rawValue, $0.text) }, failure: EXIT_FAILURE)
    }

    private static func report(_ findings: [DoctorFinding], failure: Int32) -> Int32 {
        let bad = findings.filter { $0.grade == .bad }.count
        let worries = findings.filter { $0.grade == .worry }.count
        let verdict = bad == 0 ? "no faults" : bad == 1 ? "1 fault" : "\(bad) faults"
        let said = TextOutput.say(findings.map(\.line) + ["\(verdict), \(worries) warnings"])
        return said != EXIT_SUCCESS ? said : bad == 0 ? EXIT_SUCCESS : failure
    }
}
