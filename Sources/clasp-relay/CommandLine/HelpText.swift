/// `--help`, within 80 columns.
enum HelpText {
    static let width = 80
    private static let indent = 30

    static func lines(for name: String) -> [String] {
        let command = CommandTable.command(named: name)
        var lines: [String]
        if let command, name != "serve" {
            lines = command.usage.enumerated().map { ($0.offset == 0 ? "usage: " : "       ") + $0.element } + [""]
            lines += wrap(sentence(command.summary), width: width)
        } else {
            lines = ["usage: clasp-relay [COMMAND] [OPTION]…", ""]
            lines += wrap(
                "A CLASP relay: programs and web pages share values and signals through it, over WebSocket.",
                width: width)
            lines += ["", "Commands"]
            for command in CommandTable.all where !command.isHidden {
                lines += entry("  " + command.name, command.summary)
            }
        }
        if let command, !command.flags.isEmpty {
            lines += ["", "Options of this command"]
            for flag in command.flags + (command.takesSettings ? [] : [.help]) {
                lines += entry(flag.synopsis, sentence(flag.help))
            }
        }
        if let command, !command.notes.isEmpty {
            lines += [""] + command.notes.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        guard command?.takesSettings ?? true else { return lines }
        lines += ["", "General"]
        for flag in [SettingsLoader.config, .help, .version, .json] {
            lines += entry(flag.synopsis, sentence(flag.help))
        }
        for section in OptionSection.allCases {
            lines += ["", "\(section.title)  [\(section.rawValue)]"]
            for option in OptionTable.all where option.section == section {
                lines += entry(option.flag.synopsis, sentence(option.help) + suffix(of: option))
            }
        }
        lines += ["", "Refused, because this release does not have what they are for"]
        lines += wrap(
            RefusedOption.all.map { "--" + $0.name }.joined(separator: " "), width: width - 2
        ).map { "  " + $0 }
        lines.append("")
        lines += wrap(
            "Every --some-option is also RELAY_SOME_OPTION in the environment and some_option in the file of --config, "
                + "in the table whose name stands in brackets. A flag counts more than a variable, a variable more "
                + "than the file. Of a secret, RELAY_SOME_OPTION_FILE and some_option_file name the file that holds "
                + "it. Times are written 500ms, 30s, 5m, 24h or 7d, sizes 64KiB or 1MiB; bare numbers are seconds and "
                + "bytes.",
            width: width)
        lines.append("")
        lines += wrap(
            "Exit status: 0 done, 64 wrong use, 65 damaged data, 66 a file is missing, 69 a port or relay is not "
                + "available, 70 a fault of this program, 73 the data directory cannot be used, 75 it is in use, 77 "
                + "not permitted, 78 wrong configuration.",
            width: width)
        return lines
    }

    private static func suffix(of option: Option) -> String {
        let standard = option.show(Settings())
        var notes: [String] = []
        if !standard.isEmpty, !option.isToggle { notes.append(standard) }
        if option.isToggle, standard == "true" { notes.append("on; --\(option.name)=false turns it off") }
        return notes.isEmpty ? "" : " [\(notes.joined())]"
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// A name and what it means, beside each other if the name is short enough.
    static func entry(_ name: String, _ text: String) -> [String] {
        let column = wrap(text, width: width - indent)
        let margin = String(repeating: " ", count: indent)
        guard name.count + 2 <= indent, let first = column.first else { return [name] + column.map { margin + $0 } }
        let padding = String(repeating: " ", count: indent - name.count)
        return [name + padding + first] + column.dropFirst().map { margin + $0 }
    }

    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

extension Flag {
    /// `  -p, --port, --ws-port PORT`
    var synopsis: String {
        let letter = short.map { "-\($0), " } ?? "    "
        return "  " + letter + names.map { "--" + $0 }.joined(separator: ", ") + (placeholder.map { " " + $0 } ?? "")
    }
}
