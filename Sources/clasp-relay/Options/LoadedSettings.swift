/// Settings with where each of them came from.
struct LoadedSettings: Sendable {
    var settings = Settings()
    /// By the name of the option; what is absent is a default.
    var sources: [String: SettingSource] = [:]
    /// What is odd or risky but no reason to stop: for the log.
    var notes: [String] = []

    func source(of option: String) -> SettingSource { sources[option] ?? .standard }
}

enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    case standard
    case file(path: String, line: Int)
    case variable(String)
    case flag(String)
    /// Looked for where it usually lies.
    case found

    var description: String {
        switch self {
        case .standard: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .variable(let name): name
        case .flag(let spelling): spelling
        case .found: "found"
        }
    }
}

/// What the process was started with. Kept, so that a reload reads the same places again.
struct Invocation: Sendable {
    var arguments: [String]
    var environment: [String: String]
}

/// What a reload brings.
struct SettingsReload: Sendable {
    /// The old settings, with everything new that can change while the relay runs.
    let loaded: LoadedSettings
    /// Names of options that have another value now.
    let changed: [String]
    /// Names of options that have another value, but only after a restart.
    let pending: [String]
}

extension LoadedSettings {
    /// Takes over from `fresh` what can be changed while running.
    func reloaded(from fresh: LoadedSettings) -> SettingsReload {
        var result = self
        result.notes = fresh.notes
        var changed: [String] = []
        var pending: [String] = []
        // Files can be exchanged, but a port that speaks in the clear goes on doing so.
        let isEncryptionSwitched = (settings.tls.certificate == nil) != (fresh.settings.tls.certificate == nil)
        for option in OptionTable.all where !option.isSame(in: settings, and: fresh.settings) {
            guard option.isReloadable, option.section != .tls || !isEncryptionSwitched else {
                pending.append(option.name)
                continue
            }
            option.copy(fresh.settings, &result.settings)
            result.sources[option.name] = fresh.sources[option.name]
            changed.append(option.name)
        }
        return SettingsReload(loaded: result, changed: changed, pending: pending)
    }
}
