/// Brings together what flags, variables and the file say: flags before variables before the file before defaults.
struct SettingsLoader {
    private let invocation: Invocation
    private let directories: [String]
    private var result = LoadedSettings()
    private var faults: [Fault] = []
    /// Files with settings or secrets that everybody may read.
    private var looseFiles: [String] = []

    /// Flags that are no settings.
    static let config = Flag(
        name: "config", short: "c", placeholder: "FILE", help: "read settings from this TOML file", form: .file)

    /// - Returns: the settings, or everything that is wrong with them.
    static func load(
        _ invocation: Invocation, appConfigDirectories: [String] = ["/etc/clasp", "./config"]
    ) -> Result<LoadedSettings, Faults> {
        let parsed = ArgumentParser(flags: flags, refusal: refuse).parse(invocation.arguments)
        return load(invocation, parsed, appConfigDirectories: appConfigDirectories)
    }

    static func load(
        _ invocation: Invocation, _ parsed: ParsedArguments,
        appConfigDirectories: [String] = ["/etc/clasp", "./config"]
    ) -> Result<LoadedSettings, Faults> {
        var loader = SettingsLoader(invocation: invocation, directories: appConfigDirectories)
        loader.run(parsed)
        return loader.faults.isEmpty ? .success(loader.result) : .failure(Faults(loader.faults))
    }

    static let flags = [config] + OptionTable.all.map(\.flag)

    private init(invocation: Invocation, directories: [String]) {
        self.invocation = invocation
        self.directories = directories
    }

    private mutating func run(_ parsed: ParsedArguments) {
        faults = parsed.faults
        for word in parsed.words {
            faults.append(Fault(.unexpectedArgument, "'\(word)': not expected here"))
        }
        if let path = parsed.value("config") ?? variable("RELAY_CONFIG") { take(file: path) }
        takeVariables()
        take(parsed.flags)
        resolveSecrets()
        resolveStateFile()
        findAppConfig()
        let findings = result.settings.findings
        result.notes += findings.notes
        // A value that could not be read would be blamed for contradictions that are not there.
        if faults.isEmpty { faults = findings.faults }
    }

    private func variable(_ name: String) -> String? {
        guard let value = invocation.environment[name], !value.isEmpty else { return nil }
        return value
    }

    private mutating func set(_ option: Option, _ texts: [String], _ source: SettingSource, place: String) {
        if option.read(texts, &result.settings) {
            result.sources[option.name] = source
        } else {
            let status: Int32? = if case .flag = source { nil } else { Trouble.invalidConfig.status }
            let shown = texts.map { "'\($0)'" }.joined(separator: ", ")
            faults.append(
                Fault(.invalidValue, "\(place): \(shown) is not \(option.expectation)", status: status))
        }
    }

    // MARK: Flags

    private mutating func take(_ flags: [GivenFlag]) {
        for option in OptionTable.all {
            let given = flags.filter { $0.name == option.name }
            guard let last = given.last else { continue }
            let texts = option.form == .list ? given.map(\.value) : [last.value]
            set(option, texts, .flag(last.spelling), place: last.spelling)
        }
    }

    static func refuse(_ name: String, _ value: String?) -> ArgumentParser.Refusal? {
        guard let refused = RefusedOption.named(name) else { return nil }
        if let value, refused.harmless.contains(value) { return .ignored }
        return .fault(Fault(.notInThisRelease, "--\(name): \(refused.reason)"), takesValue: refused.takesValue)
    }

    // MARK: Variables

    private mutating func takeVariables() {
        for option in OptionTable.all {
            for name in option.variables {
                guard let value = variable(name) else { continue }
                if let readSecret = option.readSecret {
                    readSecret(value, &result.settings)
                    result.sources[option.name] = .variable(name)
                } else {
                    set(option, [value], .variable(name), place: name)
                }
                break
            }
            takeSecretFile(of: option)
        }
        noteUnknownVariables()
    }

    private mutating func takeSecretFile(of option: Option) {
        guard option.isSecret, let path = variable(option.variable + "_FILE") else { return }
        if case .variable(let other) = result.source(of: option.name) {
            faults.append(
                Fault(
                    .contradiction,
                    "\(option.variable)_FILE: \(other) is set too; one of them must go"))
        }
        _ = option.read([path], &result.settings)
        result.sources[option.name] = .variable(option.variable + "_FILE")
    }

    /// Variables may be meant for somebody else, so a slip in one is told but stops nothing.
    private mutating func noteUnknownVariables() {
        var known = OptionTable.all.flatMap {
            [$0.variable] + $0.variables + ($0.isSecret ? [$0.variable + "_FILE"] : [])
        }
        known.append("RELAY_CONFIG")
        for name in invocation.environment.keys.sorted() where name.hasPrefix("RELAY_") && !known.contains(name) {
            result.notes.append("\(name): no such option\(Suggestion.phrase(for: name, among: known))")
        }
    }

    // MARK: The file

    private mutating func take(file path: String) {
        let file: TextFile
        do throws(TextFile.Unreadable) {
            file = try TextFile.read(path, limit: 1 << 20)
        } catch {
            faults.append(Fault(.unreadableFile, "\(path): \(error)"))
            return
        }
        let reader = TOMLReader(file.bytes)
        faults += reader.problems.map { Fault(.invalidConfig, "\(path):\($0.line): \($0.text)") }
        for entry in reader.entries { take(entry, from: path) }
        if file.isLoose { looseFiles.append(path) }
    }

    private mutating func take(_ entry: TOMLReader.Entry, from path: String) {
        let place = "\(path):\(entry.line)"
        guard let section = OptionSection(rawValue: entry.table) else {
            let names = OptionSection.allCases.map(\.rawValue)
            let hint = Suggestion.phrase(for: entry.table, among: names)
            let text =
                entry.table.isEmpty ? "\(entry.key): stands in no table" : "[\(entry.table)]: no such table\(hint)"
            faults.append(Fault(.unknownKey, "\(place): \(text)"))
            return
        }
        let options = OptionTable.all.filter { $0.section == section }
        let source = SettingSource.file(path: path, line: entry.line)
        if let option = options.first(where: { $0.isSecret && $0.key + "_file" == entry.key }) {
            guard case .string(let secretPath) = entry.value, option.read([secretPath], &result.settings) else {
                faults.append(Fault(.invalidConfig, "\(place): \(entry.key) is not a path in quotes"))
                return
            }
            result.sources[option.name] = source
        } else if let option = options.first(where: { $0.key == entry.key }) {
            take(entry.value, for: option, source, place: "\(place): \(entry.key)")
        } else {
            faults.append(Fault(.unknownKey, "\(place): \(entry.key): no such key\(whereIs(entry.key, in: options))"))
        }
    }

    private func whereIs(_ key: String, in options: [Option]) -> String {
        if let elsewhere = OptionTable.all.first(where: { $0.key == key }) {
            return "; it belongs into [\(elsewhere.section.rawValue)]"
        }
        return Suggestion.phrase(for: key, among: options.map(\.key))
    }

    private mutating func take(_ value: TOMLValue, for option: Option, _ source: SettingSource, place: String) {
        if let readSecret = option.readSecret {
            guard case .string(let text) = value else {
                faults.append(Fault(.invalidConfig, "\(place) is not a text in quotes"))
                return
            }
            readSecret(text, &result.settings)
            result.sources[option.name] = source
        } else if let texts = option.form.texts(of: value) {
            set(option, texts, source, place: place)
        } else {
            faults.append(Fault(.invalidConfig, "\(place) is not \(option.expectation)"))
        }
    }

    // MARK: What follows

    private mutating func resolveSecrets() {
        for option in OptionTable.all {
            guard let readSecret = option.readSecret, var secret = option.secret?(result.settings) else { continue }
            if secret.text == nil, let path = secret.file {
                // A missing one is made by who needs it.
                if let file = try? TextFile.read(path, limit: 65_536) {
                    let text = String(decoding: file.bytes, as: UTF8.self)
                    secret.text = String(text.split(whereSeparator: \.isWhitespace).first ?? "")
                    readSecret(secret.text ?? "", &result.settings)
                    if file.isLoose { looseFiles.append(path) }
                }
            }
            if let text = secret.text {
                faults += SecretCheck.faults(of: text, in: option, result.source(of: option.name))
            }
        }
        let isProduction = result.settings.server.environment == .production
        for path in looseFiles {
            let text = "\(path): everybody on this machine may read it; chmod 640 it"
            if isProduction { faults.append(Fault(.looseFileMode, text)) } else { result.notes.append(text) }
        }
    }

    /// `--persist DIR/state.json` is `--data-dir DIR`.
    private mutating func resolveStateFile() {
        guard let path = result.settings.storage.stateFile else { return }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let directory = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
        if result.source(of: "data-dir") == .standard {
            result.settings.storage.directory = directory
            result.sources["data-dir"] = result.source(of: "persist")
        } else if result.settings.storage.directory != directory {
            faults.append(
                Fault(
                    .contradiction,
                    "--persist \(path): the state is kept in the data directory, "
                        + result.settings.storage.directory))
        }
    }

    private mutating func findAppConfig() {
        guard result.settings.state.appConfig == nil else { return }
        switch AppConfigSearch.find(in: directories) {
        case .one(let path):
            result.settings.state.appConfig = path
            result.sources["app-config"] = .found
        case .several(let directory):
            result.notes.append("\(directory): several app configs, so none is used; --app-config chooses one")
        case .none: break
        }
    }
}

/// Everything that is wrong, together.
struct Faults: Error, Sendable, Equatable {
    let list: [Fault]

    init(_ list: [Fault]) { self.list = list }

    var exitStatus: Int32 { list.exitStatus }
}

extension Option {
    /// Every variable that gives the value, the strongest first.
    fileprivate var variables: [String] { names.map { Self.variable(for: $0) } + foreignVariables }
}

extension ValueForm {
    /// The text of a value from the file, if it has the right type.
    fileprivate func texts(of value: TOMLValue) -> [String]? {
        switch (self, value) {
        case (.toggle, .bool(let truth)): [truth ? "true" : "false"]
        case (.number, .integer(let number)), (.quantity, .integer(let number)): [String(number)]
        case (.quantity, .float(let number)): [number.description]
        case (.quantity, .string(let text)), (.word, .string(let text)), (.choice, .string(let text)),
            (.list, .string(let text)), (.file, .string(let text)), (.directory, .string(let text)):
            [text]
        case (.list, .array(let items)): Self.texts(of: items)
        default: nil
        }
    }

    private static func texts(of items: [TOMLValue]) -> [String]? {
        var texts: [String] = []
        for item in items {
            guard case .string(let text) = item else { return nil }
            texts.append(text)
        }
        return texts
    }
}
