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
        var known = Set(
            SettingsLoader.flags.flatMap(\.names) + RefusedOption.all.map(\.name)
                + CommandTable.all.flatMap(\.flags).flatMap(\.names) + [
                    "help", "version", "json", "some-option", "prot",
                    // Of certbot, systemctl and docker.
                    "deploy-hook", "webroot", "now", "no-deps", "profile", "rm", "force-recreate",
                ])
        for script in ["deploy/droplet/setup.sh", "deploy/firewall/firewall", "scripts/dist", "install.sh"] {
            known.formUnion(try options(in: script))
        }
        for path in [
            "docs/operations.md", "docs/troubleshooting.md", "docs/configuration.md", "docs/deployment.md",
            "docs/accounts.md", "docs/protocol.md", "docs/durability.md", "docs/security.md", "README.md",
            "deploy/monitoring/README.md",
        ] {
            for name in try options(in: path) { #expect(known.contains(name), "\(path): --\(name)") }
        }
    }

    private func options(in path: String) throws -> [String] {
        try PackageFiles.text(at: PackageFiles.root + "/" + path)
            .split { !$0.isLetter && !$0.isNumber && $0 != "-" }
            .filter { $0.hasPrefix("--") }
            .map { String($0.dropFirst(2)) }
            .filter { $0.first?.isLetter ?? false }
    }
}
