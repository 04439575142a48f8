import Glibc

/// A sub-command: what it is called, what it takes, what it does.
struct Command: Sendable {
    let name: String
    /// What follows the name on a command line.
    var arguments = ""
    let summary: String
    var flags: [Flag] = []
    /// Takes the options of the relay as well.
    var takesSettings = false
    /// Of use to those who build the relay only.
    var isHidden = false
    let run: @Sendable (Invocation) -> Int32

    var usage: String { "clasp-relay \(name)\(arguments.isEmpty ? "" : " " + arguments)" }
}

enum CommandTable {
    static let all: [Command] = [
        Command(
            name: "serve", arguments: "[OPTION]…", summary: "run the relay; what happens without a command",
            takesSettings: true, run: ServeCommand.run),
        Command(
            name: "check-config", arguments: "[OPTION]…",
            summary: "tell whether the relay would start with these settings", takesSettings: true,
            run: ConfigCommands.check),
        Command(
            name: "print-config", arguments: "[OPTION]…",
            summary: "print every setting and where it comes from", takesSettings: true, run: ConfigCommands.print),
        Command(
            name: "at", arguments: "TIME PATTERN [--data-dir DIR]", summary: "show what the params were in the past",
            run: { AtCommand.run($0.arguments) }),
        Command(
            name: "backup", arguments: "--to DIR [OPTION]… | list | verify",
            summary: "write a backup of the data directory, beside a running relay",
            run: { BackupCommand.run($0.arguments) }),
        Command(
            name: "restore", arguments: "FILE [OPTION]…", summary: "put a backup in place of a data directory",
            run: { RestoreCommand.run($0.arguments) }),
        Command(
            name: "doctor", arguments: "[OPTION]… [-- OPTION OF THE RELAY…]",
            summary: "look for what is wrong here, before users do", flags: DoctorCommand.flags,
            run: DoctorCommand.run),
        Command(
            name: "healthcheck", arguments: "[OPTION]…", summary: "ask a running relay whether it is ready",
            flags: HealthcheckCommand.flags, takesSettings: true, run: HealthcheckCommand.run),
        Command(
            name: "get", arguments: "[OPTION]… ADDRESS", summary: "print the value of a param",
            flags: ClientCommands.getFlags, run: ClientCommands.get),
        Command(
            name: "set", arguments: "[OPTION]… ADDRESS VALUE",
            summary: "give a param a value: JSON, or else a text", flags: ClientCommands.setFlags,
            run: ClientCommands.set),
        Command(
            name: "pub", arguments: "[OPTION]… ADDRESS [VALUE]", summary: "publish an event",
            flags: ClientCommands.pubFlags, run: ClientCommands.pub),
        Command(
            name: "sub", arguments: "[OPTION]… PATTERN…", summary: "print values and events as they come",
            flags: ClientCommands.subFlags, run: ClientCommands.sub),
        Command(
            name: "demo", arguments: "[OPTION]…",
            summary: "open a room with a bot, and params that move, on a running relay", flags: DemoCommand.flags,
            run: DemoCommand.run),
        Command(
            name: "user", arguments: UserCommand.synopsis, summary: "make, list, change and import accounts",
            run: { UserCommand.run($0.arguments) }),
        Command(
            name: "token", arguments: TokenCommand.synopsis,
            summary: "make tokens for programs, list and revoke tokens",
            run: { TokenCommand.run($0.arguments) }),
        Command(
            name: "invite", arguments: InviteCommand.synopsis, summary: "make, list and withdraw invitations",
            run: { InviteCommand.run($0.arguments) }),
        Command(
            name: "policy", arguments: "test [--explain] CONFIG CASES",
            summary: "try an app config on cases",
            flags: [Flag(name: "explain", help: "also print everything that was looked at")],
            run: { PolicyCommand.run($0.arguments) }),
        Command(
            name: "frame", arguments: "[--encode]", summary: "show what CLASP frames say, or write them",
            flags: [Flag(name: "encode", help: "write frames from JSON")], run: { FrameCommand.run($0.arguments) }),
        Command(
            name: "completions", arguments: Completions.shells.joined(separator: "|"),
            summary: "print what a shell needs to complete commands", run: Completions.run),
        Command(name: "man", summary: "print the manual page", run: ManualPage.run),
        Command(
            name: "configuration-document", summary: "print docs/configuration.md", isHidden: true,
            run: ConfigurationDocument.run),
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
