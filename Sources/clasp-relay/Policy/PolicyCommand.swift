import Glibc
import Relay
import RelayJSON

/// `clasp-relay policy`: tries a config of an application on cases before a relay runs with it.
enum PolicyCommand {
    private static let help = """
        usage: clasp-relay policy test [--explain] CONFIG CASES

        Reads the config of an application and a file of cases, one JSON object a line:

          {"subject":"alice","action":"write","address":"/chat/room/r/meta","value":{…},
           "state":{"/chat/room/r/meta":{"creatorId":"alice"}},"expected":"allow"}

        subject    the user who acts; null or absent for a session without one
        action     "write", "read" or "subscribe" (then the address is a pattern)
        value      what is written, null if absent
        state      the params that are stored, by address
        expected   "allow" or "deny"
        rule       a text that must occur in the name of what decided (optional)
        sees       what a reader shall get of the value stored at the address (optional)
        name       for the output (optional)

        Prints a line a case with the decision and the scope or rule that made it, and how many passed.

        --explain  also prints everything that was looked at

        Exit status: 0 all passed, 1 some failed, 64 wrong usage, 66 a file cannot be read, 78 the config is invalid.
        """

    private static let sizeLimit = 16 << 20

    /// - Returns: the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") {
            return say([help], to: STDOUT_FILENO) ? EXIT_SUCCESS : EX_IOERR
        }
        let options = arguments.filter { $0.hasPrefix("-") }
        let words = arguments.filter { !$0.hasPrefix("-") }
        guard words.count == 3, words[0] == "test", options.allSatisfy({ $0 == "--explain" }) else {
            return fail(EX_USAGE, [help])
        }
        return test(config: words[1], cases: words[2], explains: !options.isEmpty)
    }

    private static func test(config configPath: String, cases casesPath: String, explains: Bool) -> Int32 {
        guard let configText = contents(of: configPath) else { return fail(EX_NOINPUT, [unreadable(configPath)]) }
        guard let lines = contents(of: casesPath) else { return fail(EX_NOINPUT, [unreadable(casesPath)]) }
        let config: AppConfig
        do throws(InvalidAppConfig) {
            config = try AppConfig(parsing: configText)
        } catch {
            return fail(EX_CONFIG, error.faults.map { "\(configPath): \($0.text)" })
        }
        _ = say(config.notes.map { "\(configPath): note: \($0.text)" }, to: STDERR_FILENO)

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
        guard say(output, to: STDOUT_FILENO) else { return EX_IOERR }
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE
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

    // MARK: Files and output

    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { return contents }
            if count < 0, errno == EINTR { continue }
            guard count > 0, contents.count + count <= sizeLimit else { return nil }
            contents.append(contentsOf: chunk[..<count])
        }
    }

    private static func unreadable(_ path: String) -> String {
        "\(path): cannot be read, or is larger than \(sizeLimit >> 20) MiB"
    }

    private static func fail(_ status: Int32, _ lines: [String]) -> Int32 {
        _ = say(lines, to: STDERR_FILENO)
        return status
    }

    private static func say(_ lines: [String], to descriptor: Int32) -> Bool {
        var output = TextOutput(descriptor)
        for line in lines { output.line(line.utf8) }
        return output.flush()
    }
}
