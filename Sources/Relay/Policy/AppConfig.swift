/// The application's part of the configuration: one JSON file that makes a relay a chat, say (docs/policy.md).
package struct AppConfig: Sendable {
    package let scopes: ScopeTemplates
    package let policy: Policy
    package let attempts: AttemptLimits
    /// What is no fault but hardly meant: unknown members, scopes that are none, names that stand for nothing.
    package let notes: [ConfigNote]
    /// What it was read from: two configs of the same text are the same.
    package private(set) var text: [UInt8] = []

    /// Without a file everybody who signed in may read and write everything.
    package static let none = AppConfig(
        scopes: ScopeTemplates(["read:/**", "write:/**"]), policy: .none, attempts: AttemptLimits(), notes: [])

    package init(parsing text: [UInt8]) throws(InvalidAppConfig) {
        var reader = try ConfigReader(text)
        self = reader.readConfig()
        try reader.finish()
        self.text = text
    }

    init(scopes: ScopeTemplates, policy: Policy, attempts: AttemptLimits, notes: [ConfigNote]) {
        self.scopes = scopes
        self.policy = policy
        self.attempts = attempts
        self.notes = notes
    }

    func noting(_ notes: [ConfigNote]) -> AppConfig {
        AppConfig(scopes: scopes, policy: policy, attempts: attempts, notes: notes)
    }
}

/// How often somebody may try to sign in or register, per window.
package struct AttemptLimits: Equatable, Sendable {
    package var loginAttempts = 5
    package var loginWindow = Duration.seconds(60)
    package var registerAttempts = 10
    package var registerWindow = Duration.seconds(60)

    package init() {}
}

/// A remark on a place of the config: `line 12, column 9: write_rules[2].checks[0].type: …`.
package struct ConfigNote: Equatable, Sendable {
    package let line: Int
    package let column: Int
    /// Empty for the file as a whole.
    package let path: String
    package let sentence: String

    package var text: String {
        "line \(line), column \(column): \(path.isEmpty ? "" : path + ": ")\(sentence)"
    }
}

/// Everything that is wrong with a config, so that it can be put right in one go.
package struct InvalidAppConfig: Error, Equatable {
    package let faults: [ConfigNote]
}
