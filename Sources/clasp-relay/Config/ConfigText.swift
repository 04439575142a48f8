import RelayJSON

/// Settings as a `config.toml` that says the same, with the source of each behind it.
enum ConfigText {
    static func lines(of loaded: LoadedSettings) -> [String] {
        var lines = ["# \(Version.text)"]
        for section in OptionSection.allCases {
            lines += ["", "[\(section.rawValue)]"]
            for option in OptionTable.all where option.section == section { lines.append(line(option, loaded)) }
        }
        return lines
    }

    private static func line(_ option: Option, _ loaded: LoadedSettings) -> String {
        let text = option.show(loaded.settings)
        let source = loaded.source(of: option.name)
        if let secret = option.secret?(loaded.settings) {
            if let file = secret.file { return aligned("\(option.key)_file = \(quoted(file))", source) }
            return aligned("# \(option.key)\(secret.text == nil ? " is not set" : " = \"…\"")", source)
        }
        guard !text.isEmpty || option.form == .list else { return aligned("# \(option.key) is not set", source) }
        return aligned("\(option.key) = \(value(text, option.form))", source)
    }

    private static func aligned(_ text: String, _ source: SettingSource) -> String {
        text + String(repeating: " ", count: max(1, 44 - text.count)) + "# \(source)"
    }

    static func value(_ text: String, _ form: ValueForm) -> String {
        switch form {
        case .toggle, .number: text
        case .list: "[" + text.split(separator: ",").map { quoted(String($0)) }.joined(separator: ", ") + "]"
        default: quoted(text)
        }
    }

    /// TOML's escapes are JSON's, but for `\/`, which is not written.
    private static func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text).encoded(), as: UTF8.self)
    }
}
