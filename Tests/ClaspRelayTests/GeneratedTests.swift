import Glibc
import Relay
import RelayTestKit
import Testing

@testable import clasp_relay

@Suite struct `What is made from the table` {
    @Test func `is the document in the tree`() throws {
        let text = try PackageFiles.text(at: PackageFiles.root + "/docs/configuration.md")
        let isSame = text == ConfigurationDocument.lines.joined(separator: "\n") + "\n"
        #expect(isSame, "scripts/docs makes docs/configuration.md anew")
    }

    @Test func `has an option for every limit`() {
        let limits = OptionTable.all.compactMap(\.limit)
        #expect(Set(limits) == Set(LimitName.allCases))
        #expect(limits.count == LimitName.allCases.count)
        for option in OptionTable.all {
            if let limit = option.limit { #expect(limit.name == option.key) }
        }
    }

    /// The words are written by whoever refuses; here they are only repeated.
    @Test func `repeats the words by which limits are told`() throws {
        let source = try [
            "Relay/Hub/Hub+Hello", "Relay/Hub/Hub+Set", "Relay/Hub/Hub+Subscribe", "Relay/Hub/Hub+Query",
            "Relay/Hub/Hub+Lifetime", "RelayNet/Connections/EventLoop+Closing",
        ].map {
            try PackageFiles.text(at: PackageFiles.root + "/Sources/\($0).swift")
        }.joined()
        for limit in [
            LimitName.maxSessions, .maxSessionsPerUser, .helloTimeout, .rate, .maxSubscriptions, .maxParams,
            .maxDefinitions, .maxQueue,
        ] {
            switch limit.answer {
            case .error(let code, let text):
                #expect(source.contains("\"\(text): "), "\(limit.name)")
                #expect(
                    source.contains("\(code), \"\(text)") || source.contains("Refusal(\(code), text)"), "\(limit.name)")
            case .close(_, let text): #expect(source.contains("\"\(text)\""), "\(limit.name)")
            default: Issue.record("\(limit.name) is told in words")
            }
        }
    }

    @Test func `completes every flag in every shell`() {
        for lines in [Completions.bash, Completions.zsh, Completions.fish] {
            let text = lines.joined(separator: "\n")
            for option in OptionTable.all {
                #expect(text.contains("--" + option.name) || text.contains("-l " + option.name), "\(option.name)")
            }
            for command in CommandTable.all where !command.isHidden { #expect(text.contains(command.name)) }
        }
    }

    @Test func `is a script that bash can read`() throws {
        #expect(try status(of: "bash -n", reading: Completions.bash) == 0)
        #expect(try status(of: "bash -n 2>/dev/null", reading: Completions.bash.dropLast(2)) != 0)
    }

    private struct NoShell: Error {}

    private func status(of command: String, reading lines: [String]) throws -> Int32 {
        guard let pipe = unsafe popen(command, "w") else { throw NoShell() }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, pipe)
        #expect(written == bytes.count)
        return unsafe pclose(pipe) >> 8
    }

    @Test func `is a manual page with every option`() {
        let text = ManualPage.lines.joined(separator: "\n")
        for option in OptionTable.all {
            #expect(text.contains(option.name.replacing("-", with: "\\-")), "\(option.name)")
        }
    }
}
