/// `clasp-relay man`: the manual page, in the language of man(7).
enum ManualPage {
    static let command = Command("man", [""], "print the manual page") { call in
        call.words.isEmpty ? TextOutput.say(lines) : nil
    }

    static var lines: [String] {
        var lines = [
            ".TH CLASP\\-RELAY 1 \"\" \"\(Version.text)\" \"User Commands\"",
            ".SH NAME", "clasp\\-relay \\- a relay for CLASP over WebSocket",
            ".SH SYNOPSIS", ".B clasp\\-relay", "[\\fICOMMAND\\fR] [\\fIOPTION\\fR]...",
            ".SH DESCRIPTION",
            escaped(
                "Programs and web pages share values and signals through the relay. It keeps the values in its data "
                    + "directory. Without a command it serves."),
            ".SH COMMANDS",
        ]
        for command in CommandTable.all where !command.isHidden {
            for (index, form) in command.forms.enumerated() {
                lines += [index == 0 ? ".TP" : ".TQ", "\\fB\(escaped(command.name))\\fR \(escaped(form))"]
            }
            lines.append(escaped(sentence(command.summary)))
            for flag in command.flags {
                lines += [".RS", ".TP", synopsis(flag), escaped(sentence(flag.help)), ".RE"]
            }
        }
        lines.append(".SH OPTIONS")
        for flag in [SettingsLoader.config, .help, .version] {
            lines += [".TP", synopsis(flag), escaped(sentence(flag.help))]
        }
        for section in OptionSection.allCases {
            lines.append(".SS \(escaped(section.title)) [\(section.rawValue)]")
            for option in OptionTable.all where option.section == section {
                let standard = option.show(Settings())
                let suffix = standard.isEmpty ? "" : " Default: \(standard)."
                lines += [".TP", synopsis(option.flag), escaped(sentence(option.help) + suffix)]
            }
        }
        return lines + ending
    }

    private static let ending = [
        ".SH ENVIRONMENT",
        escaped(
            "Every option --some-option is also RELAY_SOME_OPTION, and some_option in the file of --config. A flag counts "
                + "more than a variable, a variable more than the file. RELAY_ADMIN_TOKEN_FILE names the file that holds "
                + "the token, RELAY_ADMIN_TOKEN is the token itself. RELAY_CONFIG names the file of settings. Also read: "
                + OptionTable.all.flatMap(\.foreignVariables).sorted().joined(separator: ", ") + "."),
        ".SH SIGNALS",
        ".TP", "SIGTERM, SIGINT", "Ends the relay: the state is written, connections are closed one after the other.",
        ".TP", "SIGHUP", "Reads the settings again and takes over what can be changed while running.",
        ".SH EXIT STATUS",
        "0 done, 64 wrong use, 65 damaged data, 66 a file is missing, 69 a port or relay is not available, 70 a fault of",
        "this program, 73 the data directory cannot be used, 75 it is in use, 77 not permitted, 78 wrong configuration.",
    ]

    private static func synopsis(_ flag: Flag) -> String {
        let names = (flag.short.map { ["-\($0)"] } ?? []) + flag.names.map { "--" + $0 }
        let value = flag.placeholder.map { " \\fI\(escaped($0))\\fR" } ?? ""
        return names.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ") + value
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    /// A line that begins with a point or quote would be a command.
    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("…", with: "...")
        return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
    }
}
