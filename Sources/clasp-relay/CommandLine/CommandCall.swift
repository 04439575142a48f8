/// What a command was told: its words and flags, and the environment for what they leave out.
struct CommandCall {
    let parsed: ParsedArguments
    let environment: [String: String]

    var words: [String] { parsed.words }

    func value(_ flag: String) -> String? { parsed.value(flag) }

    func has(_ flag: String) -> Bool { parsed.has(flag) }

    /// An option of the relay, said as for the relay itself: by its flag, by its variable, or not at all.
    func setting(_ option: String) -> String {
        parsed.value(option) ?? variable(Option.variable(for: option))
            ?? OptionTable.option(named: option)?.show(Settings()) ?? ""
    }

    /// One that is empty counts as not set.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
}

extension OptionTable {
    static func option(named name: String) -> Option? { all.first { $0.name == name } }
}

extension Flag {
    /// The flag of an option of the relay, for other commands that need to know.
    static func setting(_ name: String) -> Flag {
        guard let option = OptionTable.option(named: name) else { preconditionFailure("there is no option \(name)") }
        var flag = option.flag
        flag.aliases = []
        flag.short = nil
        flag.help += " [\(option.variable)]"
        return flag
    }
}
