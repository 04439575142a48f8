import Glibc
import RelayProtocol

/// `relay-bench codec`: how fast frames are read and written on one core.
enum CodecBench {
    private static let usage = """
        usage: relay-bench codec [--runs N]          all cases: median and spread of N runs (default 9)
               relay-bench codec --count CASE N      one case N times and nothing else, to count its instructions
               relay-bench codec --list              the cases
        """

    /// Long enough for a clock, short enough that nine runs of all cases take half a minute.
    private static let runNanoseconds = 250_000_000.0

    static func run(_ arguments: [String]) -> Int32 {
        let cases = CodecCases()
        switch (arguments.first, arguments.count) {
        case (nil, _): report(cases, runs: 9)
        case ("--runs", 2):
            guard let runs = Int(arguments[1]), (1...1_000).contains(runs) else { return fail() }
            report(cases, runs: runs)
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

    private static func report(_ cases: CodecCases, runs: Int) {
        print(Machine.description)
        print("one thread; median of \(runs) runs, and the fastest and slowest of them")
        print("")
        print(row("case", "bytes", "messages/s", "ns/message", "fastest", "slowest"))
        for name in CodecCases.Name.allCases {
            let times = calibrate(cases, name)
            let nanoseconds = (0..<runs).map { _ in measure(cases, name, times) / Double(times) }.sorted()
            let median = nanoseconds[runs / 2]
            print(
                row(
                    name.rawValue, "\(cases.size(of: name))", grouped(Int(1e9 / median)), decimal(median),
                    decimal(nanoseconds[0]), decimal(nanoseconds[runs - 1])))
        }
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

    private static func decimal(_ number: Double) -> String {
        let tenths = Int(number * 10 + 0.5)
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func grouped(_ number: Int) -> String {
        number < 1_000 ? "\(number)" : grouped(number / 1_000) + "," + "\(number % 1_000 + 1_000)".dropFirst()
    }
}

extension String {
    /// To that many characters; a negative number puts the text at the right.
    fileprivate func padded(_ width: Int) -> String {
        let space = String(repeating: " ", count: max(0, abs(width) - count))
        return width < 0 ? space + self : self + space
    }
}
