import Glibc
import RelayJSON

/// Runs one scenario, once or several times, and tells what was found.
enum ScenarioCommand {
    static func run(_ scenario: any Scenario.Type, _ words: [String]) -> Int32 {
        do throws(BenchError) {
            let arguments = try Arguments(words, scenario.flags + Scenarios.flags)
            if arguments.wantsHelp {
                print(Scenarios.usage(of: scenario))
                return EXIT_SUCCESS
            }
            let load = try scenario.init(arguments)
            let place = try Place(arguments)
            print(Machine.description)
            for _ in 0..<(try arguments.integer("repetitions", in: 1...1_000)) {
                let record = try place.run(load)
                show(record)
                if let file = arguments.text("json") { try ResultFile.append(record.line, to: file) }
            }
            return EXIT_SUCCESS
        } catch {
            print("relay-bench \(scenario.name): \(error)")
            return EX_UNAVAILABLE
        }
    }

    private static func show(_ record: Record) {
        print("")
        for member in record.members where member.key != "curve" {
            let text = member.value.string ?? member.value.double.map(Decimal.text) ?? ""
            print(member.key.padded(32) + text)
        }
        // A reader at a pipe wants each run when it is over.
        fflush(nil)
    }
}
