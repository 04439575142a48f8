import Glibc
import RelayJSON
import RelayTestKit
import RelayThreads
import Testing

/// `clasp-relay at`, the built program, beside a storage at work.
@Suite struct `The at command` {
    private func values(_ output: String) throws -> [String: Int64] {
        var values: [String: Int64] = [:]
        for line in output.split(separator: "\n") {
            let json = try JSONValue(parsing: Array(line.utf8), depthLimit: 64)
            values[try #require(json["address"]?.string)] = json["value"]?.int
        }
        return values
    }

    @Test func `prints what was at a moment, and says what is not kept`() throws {
        let data = try DataDirectory()
        let early = WallClock.now
        data.set("/a/1", 1)
        data.set("/b/1", 2)
        #expect(data.checkpoint())
        data.set("/a/2", 3)
        let middle = WallClock.now
        // What comes now is after that moment, not in the same microsecond.
        usleep(1_000)
        data.set("/a/1", 4, revision: 2)
        data.set("/b/2", 5)

        let now = try relay("at", "0s", "/a/**", "--data-dir", data.path)
        #expect(now.status == 0)
        #expect(try values(now.output) == ["/a/1": 4, "/a/2": 3])
        // Whole seconds cannot name that moment; the fraction does.
        let text = "@\(middle / 1_000_000)"
        let fraction = middle % 1_000_000
        let digits = String(repeating: "0", count: 6 - "\(fraction)".count) + "\(fraction)"
        let date = try run("/usr/bin/date", ["-u", "-d", text, "+%Y-%m-%dT%H:%M:%S.\(digits)Z"]).output.dropLast()
        let then = try relay("at", String(date), "/**", "--data-dir=" + data.path)
        #expect(try values(then.output) == ["/a/1": 1, "/a/2": 3, "/b/1": 2])

        #expect(try relay("at", "@\(early / 1_000_000 - 10)", "/**", "--data-dir", data.path).status == 69)
        #expect(try relay("at", "1h", "/**", "--data-dir", data.path).status == 69)
        #expect(try relay("at", "1h", "/**", "--data-dir", data.path + "/none").status == 66)
        #expect(try relay("at", "yesterday", "/**", "--data-dir", data.path).status == 64)
        #expect(try relay("at", "1h", "no-pattern", "--data-dir", data.path).status == 64)
        #expect(try relay("at", "1h").status == 64)
        #expect(try relay("at", "--help").output.contains("usage"))
    }

    @Test(arguments: [
        ("2001-09-09T01:46:40Z", 1_000_000_000), ("2001-09-09 03:46:40+02:00", 1_000_000_000),
        ("2001-09-08T20:16:40-05:30", 1_000_000_000), ("2000-02-29", 951_782_400), ("2024-12-31T23:59", 1_735_689_540),
    ])
    func `understands dates`(date: String, seconds: Int) throws {
        // Told back where it says what is kept: the question is older than any answer.
        let data = try DataDirectory()
        data.set("/a", 1)
        #expect(data.checkpoint())
        #expect(try relay("at", date, "/**", "--data-dir", data.path).status == 69)
        let same = try run("/usr/bin/date", ["-u", "-d", date, "+%s"]).output
        #expect(same == "\(seconds)\n")
    }
}
