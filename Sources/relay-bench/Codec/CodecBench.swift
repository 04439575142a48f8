import Glibc
import RelayProtocol

/// `relay-bench codec`: how fast frames are read and written on one core.
enum CodecBench {
    private static let usage = """
        usage: relay-bench codec [--runs N] [--json FILE]
                                                     all cases: median and spread of N runs (default 9); a line of
                                                     JSON per case is appended to the file
               relay-bench codec --count CASE N      one case N times and nothing else, to count its instructions
               relay-bench codec --list              the cases
        """

    /// Long enough for a clock, short enough that nine runs of all cases take half a minute.
    private static let runNanoseconds = 250_000_000.0

    static func run(_ arguments: [String]) -> Int32 {
        let cases = CodecCases()
        switch (arguments.first, arguments.count) {
        case (nil, _), ("--runs", 2), ("--json", 2), ("--runs", 4), ("--json", 4):
            return report(cases, arguments)
        case ("--list", 1): for entry in CodecCases.Name.allCases { print(entry.rawValue) }
        case ("--count", 3):
            guard let name = CodecCases.Name(rawValue: arguments[1]), let times = Int(arguments[2]), times >= 0 else {
                return fail()
            }
            cases.run(name, times: times)
        case ("--help", 1): print(usage)
        default: return fail()
        }
        return EXIT_SUCCESS
    }

    private static func fail() -> Int32 {
        print(usage)
        return EX_USAGE
    }

    // MARK: Report

    private static func report(_ cases: CodecCases, _ words: [String]) -> Int32 {
        do throws(BenchError) {
            let arguments = try Arguments(words, [Flag("runs", "N", "9", ""), Flag("json", "FILE", "")])
            let runs = try arguments.integer("runs", in: 1...1_000)
            print(Machine.description)
            print("one thread; median of \(runs) runs, and the fastest and slowest of them")
            print("")
            print(row("case", "bytes", "messages/s", "ns/message", "fastest", "slowest"))
            for name in CodecCases.Name.allCases {
                let record = measure(cases, name, runs: runs)
                if let file = arguments.text("json") { try ResultFile.append(record.line, to: file) }
            }
            return EXIT_SUCCESS
        } catch {
            print("relay-bench codec: \(error)")
            return EX_USAGE
        }
    }

    private static func measure(_ cases: CodecCases, _ name: CodecCases.Name, runs: Int) -> Record {
        let times = calibrate(cases, name)
        let nanoseconds = (0..<runs).map { _ in measure(cases, name, times) / Double(times) }.sorted()
        let median = nanoseconds[runs / 2]
        print(
            row(
                name.rawValue, "\(cases.size(of: name))", Decimal.grouped(Int(1e9 / median)), Decimal.fixed(median, 1),
                Decimal.fixed(nanoseconds[0], 1), Decimal.fixed(nanoseconds[runs - 1], 1)))
        var record = Record("codec", case: name.rawValue)
        record.add("bytes", cases.size(of: name))
        record.add("messages_per_s", 1e9 / median)
        record.add("median_ns", median)
        record.add("fastest_ns", nanoseconds[0])
        record.add("slowest_ns", nanoseconds[runs - 1])
        return record
    }

    /// How often a run repeats its case. Also warms the caches.
    private static func calibrate(_ cases: CodecCases, _ name: CodecCases.Name) -> Int {
        var times = 64
        while true {
            let elapsed = measure(cases, name, times)
            if elapsed > runNanoseconds / 20 { return max(1, Int(Double(times) * runNanoseconds / elapsed)) }
            times *= 4
        }
    }

    private static func measure(_ cases: CodecCases, _ name: CodecCases.Name, _ times: Int) -> Double {
        let start = ContinuousClock.now
        cases.run(name, times: times)
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
    }

    private static func row(_ name: String, _ columns: String...) -> String {
        columns.reduce(name.padded(22)) { $0 + $1.padded(-14) }
    }
}
