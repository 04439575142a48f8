import Glibc
import RelayJSON

/// `relay-bench all`
enum SuiteCommand {
    private static let flags = [
        Flag("results", "FILE", "where the lines of JSON go; what was there is gone"),
        Flag("repetitions", "N", "5", "runs of each case; all cases once, then all again"),
        Flag("short", "yes|no", "no", "a few seconds only, to see that it works"),
        Flag("relay", "FILE", "the program to start instead of the clasp-relay beside this one"),
        Flag("dir", "DIR", "/var/tmp", "where data directories are made, and removed"),
        Flag("pin", "yes|no", "yes", "keep generator and relay on different cores, if there are several"),
        Flag("commit", "TEXT", "what the results shall say that was measured"),
        Flag("swift", "TEXT", "and the compiler"),
    ]

    static func run(_ words: [String]) -> Int32 {
        do throws(BenchError) {
            let arguments = try Arguments(words, flags)
            if arguments.wantsHelp {
                print(
                    (["usage: relay-bench all --results FILE [OPTION]… [-- OPTION OF THE RELAY…]", ""]
                        + flags.map(\.line)).joined(separator: "\n"))
                return EXIT_SUCCESS
            }
            guard let file = arguments.text("results") else { throw BenchError("--results: FILE is missing") }
            let place = try Place(arguments)
            let isShort = try arguments.choice("short", [("yes", true), ("no", false)])
            let repetitions = try arguments.integer("repetitions", in: 1...1_000)
            try ResultFile.replace(conditions(arguments, isShort, repetitions, place).encoded() + [0x0A], at: file)
            print(Machine.description)
            for repetition in 1...repetitions {
                for words in Suite.cases(short: isShort) {
                    try run(words, place, "\(repetition)/\(repetitions)", to: file)
                }
            }
            return EXIT_SUCCESS
        } catch {
            print("relay-bench all: \(error)")
            return EX_UNAVAILABLE
        }
    }

    private static func run(
        _ words: [String], _ place: Place, _ repetition: String, to file: String
    ) throws(BenchError) {
        guard let scenario = Scenarios.all.first(where: { $0.name == words.first }) else { return }
        let arguments = try Arguments(Array(words.dropFirst()), scenario.flags)
        var record = try place.run(try scenario.init(arguments))
        record.add(command: "relay-bench " + words.joined(separator: " "))
        try ResultFile.append(record.line, to: file)
        let json = record.json
        var text = "\(repetition)  " + "\(scenario.name): \(json["case"]?.string ?? "")".padded(48)
        for (key, title) in headlines {
            if let number = json[key]?.double { text += "  \(title) \(Decimal.text(number))" }
        }
        print(text)
        fflush(nil)
    }

    /// What is told of each run while the rest is still to come.
    private static let headlines = [
        ("cpu_us_per_delivery", "CPU µs/delivery"), ("p50_us", "p50 µs"), ("p99_us", "p99 µs"), ("join_ms", "ms"),
        ("resident_bytes_per_session", "bytes/session"), ("p99_us_during", "p99 µs of the others"),
        ("cpu_us_per_join", "CPU µs/join"), ("missing", "missing"),
    ]

    private static func conditions(
        _ arguments: Arguments, _ isShort: Bool, _ repetitions: Int, _ place: Place
    ) -> JSONValue {
        var members = [
            JSONMember("machine", .string(Machine.processor)), JSONMember("cores", .int(Int64(Machine.cores))),
            JSONMember("memory", .string("\(Decimal.text(Double(Machine.memoryBytes) / Double(1 << 30))) GiB")),
            JSONMember("kernel", .string("Linux \(Machine.kernel)")),
        ]
        for key in ["swift", "commit"] {
            if let text = arguments.text(key) { members.append(JSONMember(key, .string(text))) }
        }
        if !arguments.rest.isEmpty {
            members.append(JSONMember("relay", .string("with " + arguments.rest.joined(separator: " "))))
        }
        members += [
            JSONMember("date", .string(Machine.date)), JSONMember("load", .string(Machine.load)),
            JSONMember("pinned", .string(place.cores)), JSONMember("repetitions", .int(Int64(repetitions))),
            JSONMember("form", .string(isShort ? "short: these figures are there to show the form" : "whole")),
        ]
        return .object(members)
    }
}
