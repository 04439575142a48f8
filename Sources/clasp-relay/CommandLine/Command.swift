import Glibc

/// A sub-command: what it is called, what it takes, what it does.
struct Command: Sendable {
    let name: String
    /// What may follow the name on a command line, a way a line.
    var forms: [String]
    let summary: String
    var flags: [Flag] = []
    /// More for `--help`, as it stands.
    var notes = ""
    /// Takes the options of the relay as well.
    var takesSettings = false
    /// Of use to those who build the relay only.
    var isHidden = false
    let run: @Sendable (Invocation) -> Int32

    var usage: [String] { forms.map { "clasp-relay \(name)\($0.isEmpty ? "" : " " + $0)" } }
}

extension Command {
    /// A command that reads the relay's settings itself.
    init(
        _ name: String, _ summary: String, flags: [Flag] = [],
        settings run: @escaping @Sendable (Invocation) -> Int32
    ) {
        self.init(name: name, forms: ["[OPTION]…"], summary: summary, flags: flags, takesSettings: true, run: run)
    }

    /// A command with flags of its own. `call` answers nil when the words fit none of the forms.
    init(
        _ name: String, _ forms: [String], _ summary: String, flags: [Flag] = [], notes: String = "",
        isHidden: Bool = false, call: @escaping @Sendable (CommandCall) -> Int32?
    ) {
        self.init(name: name, forms: forms, summary: summary, flags: flags, notes: notes, isHidden: isHidden) {
            invocation in
            let parsed = ArgumentParser(flags: flags + [.help]).parse(invocation.arguments)
            if parsed.has("help") { return TextOutput.say(HelpText.lines(for: name)) }
            guard parsed.faults.isEmpty else { return TextOutput.complain(parsed.faults, of: name) }
            return call(CommandCall(parsed: parsed, environment: invocation.environment)) ?? Self.misuse(of: name)
        }
    }

    private static func misuse(of name: String) -> Int32 {
        let usage = CommandTable.command(named: name)?.usage ?? []
        return TextOutput.complain(
            [Fault(.unexpectedArgument, "usage: " + usage.joined(separator: "\n       "))], of: name)
    }
}

enum CommandTable {
    static let all: [Command] = [
        Command("serve", "run the relay; what happens without a command", settings: ServeCommand.run),
        Command(
            "check-config", "tell whether the relay would start with these settings", settings: ConfigCommands.check),
        Command("print-config", "print every setting and where it comes from", settings: ConfigCommands.print),
        DoctorCommand.command,
        HealthcheckCommand.command,
        AtCommand.command,
        BackupCommand.command,
        RestoreCommand.command,
        ClientCommands.get, ClientCommands.set, ClientCommands.pub, ClientCommands.sub,
        DemoCommand.command,
        UserCommand.command,
        TokenCommand.command,
        InviteCommand.command,
        PolicyCommand.command,
        FrameCommand.command,
        Completions.command,
        ManualPage.command,
        ConfigurationDocument.command,
    ]

    static func command(named name: String) -> Command? { all.first { $0.name == name } }

    /// Runs what the arguments ask for.
    static func run(_ invocation: Invocation) -> Int32 {
        var invocation = invocation
        guard let word = invocation.arguments.first, !word.hasPrefix("-") else { return ServeCommand.run(invocation) }
        guard let command = command(named: word) else {
            let names = all.filter { !$0.isHidden }.map(\.name)
            let hint = Suggestion.phrase(for: word, among: names)
            return TextOutput.complain([Fault(.unexpectedArgument, "'\(word)': no such command\(hint)")])
        }
        invocation.arguments.removeFirst()
        return command.run(invocation)
    }
}

extension Command {
    /// The settings an invocation asks for, or nil after having said why there are none. `--help` and `--version` are
    /// answered here.
    static func settings(
        of invocation: Invocation, _ name: String, flags: [Flag] = [], orEndWith status: inout Int32
    ) -> (loaded: LoadedSettings, parsed: ParsedArguments)? {
        let known = SettingsLoader.flags + flags + [Flag.help, Flag.version, Flag.json]
        var parsed = ArgumentParser(flags: known, refusal: SettingsLoader.refuse).parse(invocation.arguments)
        if parsed.has("help") {
            status = TextOutput.say(HelpText.lines(for: name))
            return nil
        }
        if parsed.has("version") {
            let json = String(decoding: Version.json.encoded(), as: UTF8.self)
            status = TextOutput.say([parsed.has("json") ? json : Version.text])
            return nil
        }
        if parsed.has("json"), !flags.contains(where: { $0.name == "json" }) {
            parsed.faults.append(Fault(.unexpectedArgument, "--json: goes with --version only"))
        }
        switch SettingsLoader.load(invocation, parsed) {
        case .success(let loaded): return (loaded, parsed)
        case .failure(let faults):
            status = TextOutput.complain(faults.list)
            return nil
        }
    }
}

extension Flag {
    static let version = Flag(name: "version", short: "V", help: "show the version and exit")
    static let json = Flag(name: "json", help: "with --version: as JSON")
}
