import RelayTestKit
import Testing

@testable import clasp_relay

@Suite struct `The documents` {
    private func anchors(in path: String) throws -> Set<String> {
        var anchors: Set<String> = []
        for line in try PackageFiles.text(at: PackageFiles.root + "/" + path).split(separator: "\n") {
            guard line.hasPrefix("#") else { continue }
            let heading = line.drop { $0 == "#" || $0 == " " }.lowercased()
            anchors.insert(
                String(
                    heading.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }.map { $0 == " " ? "-" : $0 }
                ))
        }
        return anchors
    }

    @Test func `have a place for every message that stops something`() throws {
        let anchors = try anchors(in: "docs/troubleshooting.md")
        for trouble in Trouble.allCases { #expect(anchors.contains(trouble.rawValue), "\(trouble.rawValue)") }
        #expect(!anchors.contains("unknown-trouble"))
    }

    @Test func `tell every exit status`() throws {
        let text = try PackageFiles.text(at: PackageFiles.root + "/docs/troubleshooting.md")
        for trouble in Trouble.allCases { #expect(text.contains("| \(trouble.status) |"), "\(trouble.status)") }
    }

    @Test func `have what every alert points at`() throws {
        let anchors = try anchors(in: "docs/operations.md")
        let rules = try PackageFiles.text(at: PackageFiles.root + "/deploy/monitoring/alerts.yml")
        let pointers = rules.split(separator: "\n").compactMap { line in
            line.firstRange(of: "docs/operations.md#").map { String(line[$0.upperBound...]) }
        }
        #expect(pointers.count > 10)
        for pointer in pointers { #expect(anchors.contains(pointer), "\(pointer)") }
    }

    @Test func `name no option that does not exist`() throws {
        let known = Set(
            SettingsLoader.flags.flatMap(\.names) + RefusedOption.all.map(\.name)
                + CommandTable.all.flatMap(\.flags).flatMap(\.names) + [
                    "help", "version", "json", "some-option", "prot",
                ])
        for path in [
            "docs/operations.md", "docs/troubleshooting.md", "docs/configuration.md", "deploy/monitoring/README.md",
        ] {
            let text = try PackageFiles.text(at: PackageFiles.root + "/" + path)
            for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" })
            where word.hasPrefix("--") {
                let name = String(word.dropFirst(2))
                guard name.first?.isLetter ?? false else { continue }
                #expect(known.contains(name), "\(path): --\(name)")
            }
        }
    }
}
