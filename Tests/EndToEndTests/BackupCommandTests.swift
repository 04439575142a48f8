import Glibc
import RelayJSON
import RelayTestKit
import RelayThreads
import Testing

/// `clasp-relay backup` and `restore`, the built program, with the real gpg and age.
@Suite struct `The backup command` {
    private func names(_ directory: String) throws -> [String] {
        try run("/bin/ls", ["-A", directory]).output.split(separator: "\n").map(String.init)
    }

    private func params(_ directory: String) throws -> String {
        try relay("at", "0s", "/**", "--data-dir", directory).output
    }

    private func digest(_ directory: String) throws -> String {
        try run("/bin/sh", ["-c", "cd '\(directory)' && find . -type f | sort | xargs sha256sum"]).output
    }

    private func data() throws -> DataDirectory {
        let data = try DataDirectory()
        for number in 1...20 { data.set("/p/\(number)", Int64(number)) }
        #expect(data.checkpoint())
        data.set("/after", 21)
        return data
    }

    @Test func `makes, lists, verifies and restores`() throws {
        let data = try data()
        let backups = data.place.path + "/backups"
        let made = try relay("backup", "--to", backups, "--data-dir", data.path, "--reason", "deploy")
        #expect(made.status == 0)
        #expect(made.output.contains("21 params up to record 21"))
        let name = try #require(try names(backups).first)
        #expect(try names(backups).count == 1)
        #expect(try run("/bin/gunzip", ["-t", "\(backups)/\(name)"]).status == 0)
        let listed = try relay("backup", "list", backups, "--json").output
        let list = try JSONValue(parsing: Array(listed.utf8.dropLast()), depthLimit: 8)
        #expect(list.array?.count == 1)
        #expect(list.array?.first?["name"]?.string == name)
        #expect(list.array?.first?["reason"]?.string == "deploy")
        #expect(try relay("backup", "list", backups).output.contains(name))
        #expect(try relay("backup", "verify", "\(backups)/\(name)").status == 0)

        // A relay uses the directory, so it stays as it is.
        let before = try digest(data.path)
        #expect(try relay("restore", "\(backups)/\(name)", "--data-dir", data.path).status == 75)
        #expect(try digest(data.path) == before)

        data.set("/later", 22)
        data.close()
        #expect(try params(data.path).contains("/later"))
        #expect(try relay("restore", "\(backups)/\(name)", "--data-dir", data.path).status == 0)
        #expect(try !params(data.path).contains("/later"))
        #expect(try params(data.path).contains("/after"))
        let aside = try #require(try names(data.path).first { $0.hasPrefix("before-restore.") })
        #expect(try params(data.path + "/" + aside).contains("/later"))
        #expect(try names(data.path).filter { $0.hasPrefix("restoring") || $0.hasPrefix("backup-") }.isEmpty)
    }

    @Test func `is refused inside of what it saves, and for wrong words`() throws {
        let data = try data()
        #expect(try relay("backup", "--to", data.path + "/backups", "--data-dir", data.path).status == 1)
        #expect(try names(data.path).contains("backups") == false)
        #expect(
            try relay("backup", "--to", data.place.path + "/x", "--data-dir", data.place.path + "/none").status == 1)
        for words in [
            [], ["--to"], ["--to", "x", "--keep-days", "many"], ["--to", "x", "--reason", "a/b"], ["list"], ["verify"],
            ["--what"],
        ] {
            #expect(try run(RelayProcess.binary, ["backup"] + words).status == 64, "\(words)")
        }
        #expect(try relay("restore").status == 64)
        #expect(try relay("restore", "/none", "--data-dir", data.place.path + "/new").status == 66)
    }

    @Test func `keeps as many and as long as it is told`() throws {
        let data = try data()
        let backups = data.place.path + "/backups"
        for _ in 0..<9 {
            #expect(
                try relay("backup", "--to", backups, "--data-dir", data.path, "--reason", "deploy", "--keep", "7")
                    .status == 0)
        }
        let deploys = try names(backups)
        #expect(deploys.count == 7)
        for name in deploys { #expect(try run("/bin/gunzip", ["-t", "\(backups)/\(name)"]).status == 0) }
        func old(_ days: Int) throws -> String {
            let stamp = try run("/usr/bin/date", ["-u", "-d", "\(days) days ago", "+%Y%m%dT%H%M%SZ"]).output.dropLast()
            let name = "clasp-relay-\(stamp).tar.gz"
            #expect(try run("/usr/bin/touch", ["\(backups)/\(name)"]).status == 0)
            return name
        }
        let (eight, six) = (try old(8), try old(6))
        #expect(try run("/usr/bin/touch", [backups + "/notes.txt"]).status == 0)
        #expect(try relay("backup", "--to", backups, "--data-dir", data.path, "--keep-days", "7").status == 0)
        let left = try names(backups)
        #expect(!left.contains(eight))
        #expect(left.contains(six))
        #expect(left.contains("notes.txt"))
        #expect(left.count == 7 + 3)
    }

    @Test func `notices damage`() throws {
        let data = try data()
        let backups = data.place.path + "/backups"
        #expect(try relay("backup", "--to", backups, "--data-dir", data.path).status == 0)
        let file = backups + "/" + (try #require(try names(backups).first))
        data.close()
        let before = try digest(data.path)
        for damage in [
            "truncate -s -100 '\(file)'", "printf x | dd of='\(file)' bs=1 seek=90 conv=notrunc 2>/dev/null",
        ] {
            #expect(try run("/bin/sh", ["-c", "cp '\(file)' '\(file).whole' && \(damage)"]).status == 0)
            #expect(try relay("backup", "verify", file).status == 65)
            #expect(try relay("restore", file, "--data-dir", data.path).status == 65)
            #expect(try digest(data.path) == before)
            #expect(try run("/bin/mv", ["\(file).whole", file]).status == 0)
        }
        #expect(try relay("restore", file, "--data-dir", data.path).status == 0)
    }

    @Test func `encrypts with age, and leaves nothing readable`() throws {
        let data = try data()
        let (backups, keys) = (data.place.path + "/backups", data.place.path)
        for key in ["right", "wrong"] {
            #expect(try run("/usr/bin/age-keygen", ["-o", "\(keys)/\(key)"]).status == 0)
        }
        let recipient = try run("/usr/bin/age-keygen", ["-y", keys + "/right"]).output.dropLast()
        #expect(try run("/bin/sh", ["-c", "echo '\(recipient)' >'\(keys)/recipients'"]).status == 0)
        for key in [String(recipient), keys + "/recipients"] {
            #expect(try relay("backup", "--to", backups, "--data-dir", data.path, "--recipient", key).status == 0)
        }
        let name = try #require(try names(backups).first)
        #expect(try names(backups).allSatisfy { $0.hasSuffix(".tar.gz.age") })
        #expect(try run("/usr/bin/head", ["-c", "15", "\(backups)/\(name)"]).output == "age-encryption.")
        let file = "\(backups)/\(name)"
        #expect(try relay("backup", "verify", file, "--identity", keys + "/right").status == 0)
        #expect(try relay("backup", "verify", file, "--identity", keys + "/wrong").status == 1)
        data.close()
        let before = try digest(data.path)
        #expect(try relay("restore", file, "--data-dir", data.path, "--identity", keys + "/wrong").status == 1)
        #expect(try relay("restore", file, "--data-dir", data.path).status == 1)
        #expect(try run("/bin/sh", ["-c", "head -c -50 '\(file)' >'\(keys)/cut.tar.gz.age'"]).status == 0)
        let cut = try relay("restore", keys + "/cut.tar.gz.age", "--data-dir", data.path, "--identity", keys + "/right")
        #expect([1, 65].contains(cut.status))
        #expect(try digest(data.path) == before)
        #expect(try relay("restore", file, "--data-dir", data.path, "--identity", keys + "/right").status == 0)
        #expect(try params(data.path).contains("/after"))
    }

    @Test func `encrypts with gpg, and a failing gpg leaves everything as it was`() throws {
        let data = try data()
        let (backups, home) = (data.place.path + "/backups", data.place.path + "/gnupg")
        #expect(try run("/bin/mkdir", ["-m", "700", home, home + ".other"]).status == 0)
        func inHome(_ suffix: String = "", _ words: String...) throws -> Int32 {
            try run("/usr/bin/env", ["GNUPGHOME=\(home)\(suffix)"] + words).status
        }
        defer {
            for suffix in ["", ".other"] { _ = try? inHome(suffix, "gpgconf", "--kill", "all") }
        }
        #expect(
            try inHome(
                "", "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "backup@relay.test",
                "default", "default", "never") == 0)
        let backup = [RelayProcess.binary, "backup", "--to", backups, "--data-dir", data.path]
        #expect(
            try run(
                "/usr/bin/env",
                ["GNUPGHOME=\(home)", "RELAY_BACKUP_RECIPIENT=backup@relay.test"] + backup
            ).status == 0)
        let made = try names(backups)
        #expect(made.count == 1 && made[0].hasSuffix(".tar.gz.gpg"))

        // An unknown recipient: gpg fails.
        #expect(
            try run("/usr/bin/env", ["GNUPGHOME=\(home)"] + backup + ["--recipient", "nobody@relay.test"]).status == 1)
        #expect(try names(backups) == made)
        // No gpg at all.
        #expect(try run("/usr/bin/env", ["PATH=/none"] + backup + ["--recipient", "x@relay.test"]).status == 1)
        #expect(try names(backups) == made)
        #expect(try names(data.path).filter { $0.hasPrefix("backup-") }.isEmpty)

        let file = "\(backups)/\(made[0])"
        data.close()
        let before = try digest(data.path)
        #expect(try inHome(".other", RelayProcess.binary, "restore", file, "--data-dir", data.path) == 1)
        #expect(try digest(data.path) == before)
        #expect(try inHome("", RelayProcess.binary, "backup", "verify", file) == 0)
        #expect(try inHome("", RelayProcess.binary, "restore", file, "--data-dir", data.path) == 0)
        #expect(try params(data.path).contains("/after"))
    }
}
