import Glibc
import Relay
import RelayJSON

/// `clasp-relay policy`: tries a config of an application on cases before a relay runs with it.
enum PolicyCommand {
    static let command = Command(
        "policy", ["test [--explain] CONFIG CASES"], "try an app config on cases",
        flags: [Flag(name: "explain", help: "also print everything that was looked at")], notes: notes, call: run)

    private static let notes = """
        Reads the config of an application and a file of cases, one JSON object a line:

          {"subject":"alice","action":"write","address":"/chat/room/r/meta",
           "value":{…},"state":{"/chat/room/r/meta":{"creatorId":"alice"}},
           "expected":"allow"}

        subject    the user who acts; null or absent for a session without one
        action     "write", "read" or "subscribe" (then the address is a pattern)
        value      what is written, null if absent
        state      the params that are stored, by address
        expected   "allow" or "deny"
        rule       a text that must occur in the name of what decided (optional)
        sees       what a reader shall get of the stored value (optional)
        name       for the output (optional)

        Prints a line a case with the decision and the scope or rule that made it, and
        how many passed.

        Exit status: 0 all passed, 1 some failed, 64 wrong use, 66 a file cannot be
        read, 78 the config is invalid.
        """

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        guard call.words.count == 3, call.words[0] == "test" else { return nil }
        return test(config: call.words[1], cases: call.words[2], explains: call.has("explain"))
    }

    private static func test(config configPath: String, cases casesPath: String, explains: Bool) -> Int32 {
        let configText: [UInt8]
        let lines: [UInt8]
        do throws(Fault) {
            configText = try contents(of: configPath)
            lines = try contents(of: casesPath)
        } catch {
            return TextOutput.complain([error])
        }
        let config: AppConfig
        do throws(InvalidAppConfig) {
            config = try AppConfig(parsing: configText)
        } catch {
            return TextOutput.complain(error.faults.map { "\(configPath): \($0.text)" }, status: EX_CONFIG)
        }
        _ = TextOutput.write(config.notes.map { "\(configPath): note: \($0.text)" }, to: STDERR_FILENO)

        var passed = 0
        var failed = 0
        var output: [String] = []
        for (index, line) in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) {
                continue
            }
            let (isPass, report) = judge(Array(line), number: index + 1, config, explains: explains)
            if isPass { passed += 1 } else { failed += 1 }
            output += report
        }
        output.append("\(passed) passed, \(failed) failed")
        guard TextOutput.say(output) == EXIT_SUCCESS else { return EX_IOERR }
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE
    }

    private static func contents(of path: String) throws(Fault) -> [UInt8] {
        do throws(TextFile.Unreadable) {
            return try TextFile.read(path).bytes
        } catch {
            throw Fault(.unreadableFile, "\(path): \(error)")
        }
    }

    private static func judge(
        _ line: [UInt8], number: Int, _ config: AppConfig, explains: Bool
    ) -> (isPass: Bool, report: [String]) {
        let test: PolicyCase
        do throws(PolicyCaseError) {
            test = try PolicyCase(parsing: line)
        } catch {
            return (false, ["FAIL \(number): \(error.sentence)"])
        }
        let verdict = PolicyVerdict(of: test, by: config)
        let isPass = verdict.fits(test)
        let what = test.name ?? "\(test.subject ?? "nobody") \(test.action.rawValue) \(test.address)"
        var report = ["\(isPass ? "ok  " : "FAIL") \(number): \(what): \(verdict.decision.rawValue), \(verdict.rule)"]
        if !isPass {
            report.append(
                "     expected: \(test.expected.rawValue)\(test.rule.map { ", by what names \"\($0)\"" } ?? "")")
            if let sees = test.sees {
                report.append("     expected to be seen: \(String(decoding: sees.encoded(), as: UTF8.self))")
            }
        }
        if explains || (!isPass && test.sees != nil), let seen = verdict.seen {
            report.append("     seen: \(String(decoding: seen.encoded(), as: UTF8.self))")
        }
        if explains { report += verdict.steps.map { "     \($0)" } }
        return (isPass, report)
    }
}
