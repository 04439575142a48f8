import Relay

/// `docs/configuration.md`, made from the table of options. A test holds the file in the tree against this.
enum ConfigurationDocument {
    static let command = Command("configuration-document", [""], "print docs/configuration.md", isHidden: true) {
        call in
        call.words.isEmpty ? TextOutput.say(lines) : nil
    }

    static var lines: [String] {
        var lines = [
            "# Configuration", "",
            "<!-- Made by scripts/docs from the table of options. Change Sources/clasp-relay/Options instead. -->", "",
            "Everything has a default; a relay starts from an empty directory without any settings. Each setting has one",
            "name in three notations:", "",
            "| | |", "|---|---|",
            "| flag | `--max-sessions 500` |",
            "| environment | `RELAY_MAX_SESSIONS=500` |",
            "| file, named by `--config FILE` or `RELAY_CONFIG` | `max_sessions = 500` in the table `[limits]` |", "",
            "A flag counts more than a variable, a variable more than the file, the file more than the default.",
            "`clasp-relay print-config` prints what holds and where it comes from, in the notation of the file;",
            "`clasp-relay check-config` tells whether a relay would start, and everything that is wrong, at once.", "",
            "Times are written `500ms`, `30s`, `5m`, `24h` or `7d`, a bare number counts seconds; sizes `64KiB` or",
            "`1MiB`, a bare number counts bytes. Lists are repeated flags or texts with commas; in the file, arrays.",
            "A variable that is empty counts as not set. A variable `RELAY_…` that does not exist is told at the start;",
            "a key of the file that does not exist is refused with its line.", "",
            "A secret is given by the name of the file that holds it (the flag, `RELAY_…_FILE`, the key `…_file`), or",
            "itself by variable or key, never on the command line, which others can read. Placeholders from examples",
            "and anything under \(SecretCheck.minBytes) bytes are refused.", "",
            "The settings marked with ↻ are read again on SIGHUP; the others wait for a restart, and the log says so.",
            "",
            "With `--env production` what is otherwise a warning stops the start: web pages of any origin, open mode on",
            "an address that others reach, origins without https, settings and secrets that everybody may read.",
        ]
        for section in OptionSection.allCases { lines += self.lines(of: section) }
        lines += limitLines
        lines += ["", "## Refused", "", "Flags of the reference relay for what this release does not have:", ""]
        lines += ["| Flag | |", "|---|---|"]
        lines += RefusedOption.all.map { "| `--\($0.name)` | \($0.reason) |" }
        return lines
    }

    private static func lines(of section: OptionSection) -> [String] {
        var lines = ["", "## \(section.title): `[\(section.rawValue)]`", ""]
        lines += ["| Setting | Default | Meaning |", "|---|---|---|"]
        for option in OptionTable.all where option.section == section {
            let standard = option.show(Settings())
            let names = (option.short.map { ["-\($0)"] } ?? []) + option.names.map { "--" + $0 }
            let value = option.isToggle ? "" : " " + option.placeholder.replacing("|", with: "\\|")
            var meaning = option.help.prefix(1).uppercased() + option.help.dropFirst()
            if !option.foreignVariables.isEmpty {
                meaning += "; also `" + option.foreignVariables.joined(separator: "`, `") + "`"
            }
            if option.isReloadable { meaning += " ↻" }
            lines.append(
                "| `\(names.joined(separator: ", "))\(value)` | \(standard.isEmpty ? "" : "`\(standard)`") | \(meaning) |"
            )
        }
        return lines
    }

    private static var limitLines: [String] {
        var lines = [
            "", "## Why these limits", "",
            "Each is counted as `relay_limit_refusals_total{limit=\"…\"}` when somebody meets it.", "",
            "| Limit | Default | What the peer is told | Why |", "|---|---|---|---|",
        ]
        for option in OptionTable.all {
            guard let limit = option.limit else { continue }
            let standard = option.show(Settings())
            lines.append(
                "| `\(limit.name)` | `\(standard.isEmpty ? appStandard(limit) : standard)` | \(limit.answer) | "
                    + "\(reason(for: limit)) |")
        }
        lines += [
            "",
            "The protocol itself has limits that no setting changes: a payload of 65,535 bytes, addresses of 1,024 bytes,",
            "values that nest 64 levels, bundles that nest 8, 800 params in one SNAPSHOT. A connection from this machine",
            "itself, without a proxy in between, does not count for limits of one address.",
        ]
        return lines
    }

    private static func appStandard(_ limit: LimitName) -> String {
        limit == .loginAttempts ? "5 in 60s" : "10 in 60s"
    }

    private static func reason(for limit: LimitName) -> String {
        switch limit {
        case .maxSessions: "as the reference; raise it with the memory at hand"
        case .maxSessionsPerUser: "a few devices with a few tabs each"
        case .maxSessionsPerAddress: "an office behind one address, but no flood"
        case .handshakeTimeout: "a browser needs less than a second; who is slower holds a descriptor"
        case .helloTimeout: "clients send HELLO at once"
        case .maxMessage: "the length field of a CLASP frame has 16 bits"
        case .inflateRatio: "text compresses to a fifth, lists of the same to a fiftieth, a bomb to a thousandth"
        case .maxQueue: "a thousand peers that take nothing cost a gigabyte at most"
        case .stallTimeout: "a phone changes networks in less"
        case .sessionTimeout: "as the reference; an answer to a ping is a sign of life"
        case .pingInterval: "below the 30 to 60 seconds after which proxies cut silent connections"
        case .rate: "as the reference; the burst lets a client restore itself after a reconnect"
        case .maxSubscriptions: "more than any page shows; a pattern covers the rest"
        case .maxParams: "about 35 MB of small ones; nothing is evicted, so nobody loses what others add"
        case .maxParamsPerUser: "one user cannot fill the relay"
        case .maxParamsPerGuest: "nor can a crowd of guests, soon"
        case .maxDefinitions: "announcements are small but anybody can make them"
        case .maxHTTPConnections: "an idle one costs about 1.5 KiB, so there is room for slow ones"
        case .maxHTTPPerAddress: "browsers open six"
        case .loginAttempts: "nobody mistypes a password more often in a minute"
        case .registerAttempts: "a class behind one address can still sign up"
        case .hashQueue: "a login waits for a second or two at most"
        }
    }
}
