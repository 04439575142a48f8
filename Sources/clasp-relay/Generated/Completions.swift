import Glibc

/// `clasp-relay completions SHELL`: what the shells need to complete commands, options and their values.
enum Completions {
    static let shells = ["bash", "zsh", "fish"]

    static let command = Command(
        "completions", [shells.joined(separator: "|")], "print what a shell needs to complete commands"
    ) { call in
        switch call.words {
        case ["bash"]: TextOutput.say(bash)
        case ["zsh"]: TextOutput.say(zsh)
        case ["fish"]: TextOutput.say(fish)
        default: nil
        }
    }

    private static let commands = CommandTable.all.filter { !$0.isHidden }

    static func flags(of command: Command) -> [Flag] {
        command.flags + (command.takesSettings ? SettingsLoader.flags + [.version, .json] : []) + [.help]
    }

    // MARK: bash

    static var bash: [String] {
        var lines = [
            "# bash completion of clasp-relay, made by 'clasp-relay completions bash'",
            "_clasp_relay() {",
            "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=serve",
            "    if [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != -* ]]; then command=${COMP_WORDS[1]}; fi",
            "    if [[ $before == = && $COMP_CWORD -gt 1 ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi",
            "    if [[ $word == = ]]; then word=; fi",
            "    case $before in",
        ]
        for flag in valued {
            let names = spellings(flag).joined(separator: "|")
            switch flag.form {
            case .choice(let values):
                lines.append(
                    "    \(names)) COMPREPLY=($(compgen -W \"\(values.joined(separator: " "))\" -- \"$word\")); return ;;"
                )
            case .file, .secret: lines.append("    \(names)) COMPREPLY=($(compgen -f -- \"$word\")); return ;;")
            case .directory: lines.append("    \(names)) COMPREPLY=($(compgen -d -- \"$word\")); return ;;")
            default: lines.append("    \(names)) return ;;")
            }
        }
        lines += ["    esac", "    local words=", "    case $command in"]
        for command in commands {
            let words = flags(of: command).flatMap(spellings).filter { $0.hasPrefix("--") }
            lines.append("    \(command.name)) words=\"\(words.joined(separator: " "))\" ;;")
        }
        lines += [
            "    esac",
            "    if [[ $COMP_CWORD -eq 1 && $word != -* ]]; then words=\"\(commands.map(\.name).joined(separator: " "))\"; fi",
            "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))",
            "}",
            "complete -F _clasp_relay clasp-relay",
        ]
        return lines
    }

    /// Every flag that takes a value, each once.
    private static var valued: [Flag] {
        var seen: Set<String> = []
        return commands.flatMap(flags).filter { $0.placeholder != nil && seen.insert($0.name).inserted }
    }

    private static func spellings(_ flag: Flag) -> [String] {
        flag.names.map { "--" + $0 } + (flag.short.map { ["-\($0)"] } ?? [])
    }

    // MARK: zsh

    static var zsh: [String] {
        var lines = [
            "#compdef clasp-relay", "# zsh completion of clasp-relay, made by 'clasp-relay completions zsh'",
            "_clasp_relay() {", "    local -a commands=(",
        ]
        lines += commands.map { "        '\($0.name):\(zshText($0.summary))'" }
        lines += [
            "    )", "    local command=serve",
            "    if (( CURRENT > 2 )) && [[ $words[2] != -* ]]; then",
            "        command=$words[2]; shift words; (( CURRENT-- ))", "    fi",
            "    if (( CURRENT == 2 )) && [[ $words[CURRENT] != -* && $command == serve ]]; then",
            "        _describe command commands; return", "    fi", "    case $command in",
        ]
        for command in commands {
            lines.append("    \(command.name)) _arguments -s \\")
            for flag in flags(of: command) {
                for spelling in spellings(flag) { lines.append("        '\(zshFlag(flag, spelling))' \\") }
            }
            lines.append("        '*: :_files' ;;")
        }
        return lines + ["    esac", "}", "_clasp_relay \"$@\""]
    }

    private static func zshFlag(_ flag: Flag, _ spelling: String) -> String {
        let isLong = spelling.hasPrefix("--")
        let text = "\(spelling)\(flag.placeholder != nil && isLong ? "=" : "")[\(zshText(flag.help))]"
        guard let placeholder = flag.placeholder else { return text }
        switch flag.form {
        case .choice(let values): return text + ":value:(\(values.joined(separator: " ")))"
        case .file, .secret: return text + ":\(placeholder):_files"
        case .directory: return text + ":\(placeholder):_files -/"
        default: return text + ":\(placeholder): "
        }
    }

    private static func zshText(_ text: String) -> String {
        text.replacing("'", with: "'\\''").replacing("[", with: "\\[").replacing("]", with: "\\]")
            .replacing(":", with: "\\:")
    }

    // MARK: fish

    static var fish: [String] {
        let names = commands.map(\.name).joined(separator: " ")
        var lines = [
            "# fish completion of clasp-relay, made by 'clasp-relay completions fish'", "complete -c clasp-relay -f",
        ]
        for command in commands {
            lines.append(
                "complete -c clasp-relay -n 'not __fish_seen_subcommand_from \(names)' -a \(command.name) "
                    + "-d \(fishText(command.summary))")
        }
        for command in commands {
            let condition =
                command.name == "serve"
                ? "not __fish_seen_subcommand_from \(names.replacing("serve ", with: ""))"
                : "__fish_seen_subcommand_from \(command.name)"
            for flag in flags(of: command) {
                var line = "complete -c clasp-relay -n '\(condition)'"
                for name in flag.names { line += " -l \(name)" }
                if let letter = flag.short { line += " -s \(letter)" }
                lines.append(line + fishValue(flag) + " -d \(fishText(flag.help))")
            }
        }
        return lines
    }

    private static func fishValue(_ flag: Flag) -> String {
        guard flag.placeholder != nil else { return "" }
        switch flag.form {
        case .choice(let values): return " -x -a '\(values.joined(separator: " "))'"
        case .file, .secret: return " -r -F"
        case .directory: return " -x -a '(__fish_complete_directories)'"
        default: return " -x"
        }
    }

    private static func fishText(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
