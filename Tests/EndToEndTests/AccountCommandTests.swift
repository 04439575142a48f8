import Glibc
import RelayJSON
import RelayTestKit
import Testing

/// `clasp-relay user`, `token` and `invite`, the built program, on a file of accounts.
@Suite struct `The commands about accounts` {
    private func run(_ arguments: [String], input: String = "") throws -> (status: Int32, lines: [String]) {
        let process = try RelayProcess(arguments)
        let lines = try process.converse(Array(input.utf8), lines: 0)
        let (status, rest) = try process.finish()
        let text = (lines + [rest]).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        return (status, text.split(separator: "\n").map(String.init))
    }

    private func json(_ line: String?) throws -> JSONValue { try JSONValue(parsing: line ?? "") }

    /// A new file in a directory of its own.
    private func withFile(_ body: (_ path: String) throws -> Void) throws {
        var template = Array("/tmp/relay-accounts-XXXXXX".utf8CString)
        unsafe template.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { _ = unsafe mkdtemp(start) }
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["users.db", "users.db-wal", "users.db-shm"] { _ = unsafe unlink(directory + "/" + name) }
            _ = unsafe rmdir(directory)
        }
        try body(directory)
    }

    @Test func `users are made, listed, changed and deleted`() throws {
        try withFile { directory in
            let place = ["--data-dir", directory]
            #expect(try run(["user", "add", "Ann", "--id", "ann"] + place, input: "secret-1\n").lines == ["ann"])
            #expect(try run(["user", "add", "ANN"] + place, input: "secret-1\n").status == 1)
            #expect(try run(["user", "add", "Bob"] + place, input: "short\n").status == 1)
            #expect(try run(["user", "add", "Bob"] + place).status == 1)
            let listed = try run(["user", "list"] + place)
            #expect(listed.lines.count == 1)
            #expect(try json(listed.lines.first)["username"] == "Ann")
            #expect(try run(["user", "passwd", "ann"] + place, input: "secret-2\n").status == 0)
            #expect(try run(["user", "delete", "ANN"] + place).lines == ["ann"])
            #expect(try run(["user", "delete", "ann"] + place).status == 1)
            #expect(try run(["user", "list", "--auth-db", directory + "/users.db"]).lines == [])
        }
    }

    /// The file is there once there is a user.
    private func withUser(_ body: (_ place: [String]) throws -> Void) throws {
        try withFile { directory in
            let place = ["--data-dir", directory]
            #expect(try run(["user", "add", "Ann", "--id", "ann"] + place, input: "secret-1\n").status == 0)
            try body(place)
        }
    }

    @Test func `a slip in the name of the file makes none`() throws {
        try withFile { directory in
            let place = ["--auth-db", directory + "/users.db"]
            for arguments in [
                ["token", "issue", "weather", "read:/**"], ["token", "list"], ["token", "revoke", "--all"],
                ["user", "list"], ["user", "delete", "ann"], ["invite", "issue"], ["invite", "list"],
            ] {
                let status = try run(arguments + place).status
                #expect(status == 73, "\(arguments)")
            }
            let isThere = unsafe access(directory + "/users.db", F_OK) == 0
            #expect(!isThere)
        }
    }

    @Test func `tokens are made, listed and revoked, and shown once`() throws {
        try withUser { place in
            let issued = try run(["token", "issue", "weather", "write:/weather/**", "--ttl", "1d"] + place)
            #expect(issued.lines.first?.hasPrefix("cpsk_") == true && issued.lines.first?.utf8.count == 37)
            let second = try run(["token", "issue", "weather", "read:/**"] + place).lines.first ?? ""
            let listed = try run(["token", "list", "--user", "weather"] + place).lines.map { try json($0) }
            #expect(listed.map { $0["scopes"] } == [["write:/weather/**"], ["read:/**"]])
            #expect(listed.first?["expires"]?.string != nil && listed.last?["expires"] == .null)
            let id = try #require(listed.first?["id"]?.string)
            #expect(try run(["token", "revoke", String(id.prefix(8))] + place).lines == ["1 revoked"])
            #expect(try run(["token", "revoke", id] + place).status == 1)
            #expect(try run(["token", "revoke", "--stdin"] + place, input: second + "\n").lines == ["1 revoked"])
            #expect(try run(["token", "list"] + place).lines == [])
            for name in ["one", "two"] { _ = try run(["token", "issue", name, "read:/**"] + place) }
            #expect(try run(["token", "revoke", "--all", "--user", "one"] + place).status == 64)
            #expect(try run(["token", "revoke", "--all"] + place).lines == ["2 revoked"])
            #expect(try run(["token", "list"] + place).lines == [])
            #expect(try run(["token", "issue", "weather", "everything"] + place).status == 64)
            #expect(try run(["token", "issue", "weather", "read:/a", "--ttl", "soon"] + place).status == 64)
        }
    }

    @Test func `invites are made, listed and withdrawn`() throws {
        try withUser { place in
            #expect(try run(["invite", "issue", "--uses", "3"] + place).lines.first?.hasPrefix("inv_") == true)
            let listed = try json(try run(["invite", "list"] + place).lines.first)
            #expect(listed["uses_left"] == 3)
            let id = try #require(listed["id"]?.string)
            #expect(try run(["invite", "withdraw", id] + place).lines == ["1 withdrawn"])
            #expect(try run(["invite", "withdraw", id] + place).status == 1)
            #expect(try run(["invite", "issue", "--uses", "0"] + place).status == 64)
        }
    }

    @Test func `wrong use is told`() throws {
        for arguments in [
            ["user"], ["token", "revoke"], ["invite", "x"], ["user", "add", "a", "b"], ["user", "-x"],
        ] {
            #expect(try run(arguments).status == 64, "\(arguments)")
        }
        for name in ["user", "token", "invite"] {
            let help = try run([name, "--help"])
            #expect(help.status == 0 && help.lines.first?.hasPrefix("usage: clasp-relay \(name)") == true)
        }
        #expect(try run(["user", "list", "--auth-db", "/nowhere/users.db"]).status == 73)
    }
}
