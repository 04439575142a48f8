import Relay

/// One thing an operator can decide: its names everywhere, what it takes, and the field of `Settings` it stands for.
struct Option: Sendable {
    let name: String
    var aliases: [String] = []
    var short: Character?
    let section: OptionSection
    let help: String
    let form: ValueForm
    let placeholder: String
    let expectation: String
    /// Variables of other programs that say the same; ours, `RELAY_…`, comes before them.
    var foreignVariables: [String] = []
    /// Can be changed by SIGHUP; everything else waits for a restart.
    var isReloadable = false
    /// The limit of which this is the size.
    var limit: LimitName?

    /// Reads what was given, one text or, for lists, several. False when it is not what is expected.
    let read: @Sendable ([String], inout Settings) -> Bool
    /// What is set, in the notation that is read; empty for nothing.
    let show: @Sendable (Settings) -> String
    /// Carries the value from one set of settings to another.
    let copy: @Sendable (_ from: Settings, _ to: inout Settings) -> Void
    private let compare: @Sendable (Settings, Settings) -> Bool

    init<Value>(
        _ name: String, _ field: any WritableKeyPath<Settings, Value> & Sendable, _ kind: ValueKind<Value>,
        in section: OptionSection, _ help: String
    ) {
        self.name = name
        self.section = section
        self.help = help
        form = kind.form
        placeholder = kind.placeholder
        expectation = kind.expectation
        read = { texts, settings in
            guard let value = kind.read(texts.joined(separator: ",")) else { return false }
            settings[keyPath: field] = value
            return true
        }
        show = { kind.write($0[keyPath: field]) }
        copy = { $1[keyPath: field] = $0[keyPath: field] }
        compare = { $0[keyPath: field] == $1[keyPath: field] }
    }

    /// A secret: the flag names the file that holds it, because command lines can be read by others.
    init(
        secret name: String, _ field: any WritableKeyPath<Settings, Secret> & Sendable, in section: OptionSection,
        _ help: String
    ) {
        self.name = name
        self.section = section
        self.help = help
        form = .secret
        placeholder = "FILE"
        expectation = "a path"
        read = { texts, settings in
            guard let path = texts.last, !path.isEmpty else { return false }
            settings[keyPath: field] = Secret(text: nil, file: path)
            return true
        }
        show = { settings in
            let secret = settings[keyPath: field]
            return secret.file ?? (secret.text == nil ? "" : "…")
        }
        copy = { $1[keyPath: field] = $0[keyPath: field] }
        compare = { $0[keyPath: field] == $1[keyPath: field] }
        readSecret = { text, settings in settings[keyPath: field].text = text }
        secret = { $0[keyPath: field] }
    }

    /// Only for secrets: takes the secret itself.
    private(set) var readSecret: (@Sendable (String, inout Settings) -> Void)?
    private(set) var secret: (@Sendable (Settings) -> Secret)?

    var isSecret: Bool { form == .secret }
    var isToggle: Bool { form == .toggle }

    /// `RELAY_MAX_SESSIONS`; of a secret, this holds the secret itself and `…_FILE` the path.
    var variable: String { Self.variable(for: name) }
    /// `max_sessions` in the table of its section.
    var key: String { String(name.map { $0 == "-" ? "_" : $0 }) }
    var names: [String] { [name] + aliases }

    static func variable(for name: String) -> String {
        "RELAY_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    func isSame(in one: Settings, and other: Settings) -> Bool { compare(one, other) }

    var flag: Flag {
        Flag(
            name: name, aliases: aliases, short: short, placeholder: isToggle ? nil : placeholder, help: help,
            form: form)
    }
}

extension Option {
    func also(_ aliases: String..., short: Character? = nil) -> Option {
        var option = self
        option.aliases += aliases
        option.short = short ?? self.short
        return option
    }

    func short(_ letter: Character) -> Option { also(short: letter) }

    func known(as variables: String...) -> Option {
        var option = self
        option.foreignVariables += variables
        return option
    }

    func limits(_ limit: LimitName) -> Option {
        var option = self
        option.limit = limit
        return option
    }

    var reloadable: Option {
        var option = self
        option.isReloadable = true
        return option
    }
}

/// A table of `config.toml`, and a heading of `--help`.
enum OptionSection: String, Sendable, CaseIterable {
    case server, web, tls, state, storage, limits, auth, log

    var title: String {
        switch self {
        case .server: "Server"
        case .web: "Browsers and proxies"
        case .tls: "Encryption"
        case .state: "State and rules"
        case .storage: "Storage"
        case .limits: "Limits"
        case .auth: "Accounts"
        case .log: "Logging"
        }
    }
}
