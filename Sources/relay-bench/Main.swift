import Glibc

/// Measures the relay. The first argument names what.
@main enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "codec": exit(CodecBench.run(rest))
        case "storage": exit(StorageBench.run(rest))
        case "all": exit(SuiteCommand.run(rest))
        case "document": exit(DocumentCommand.run(rest))
        case let word?:
            if let scenario = Scenarios.all.first(where: { $0.name == word }) {
                exit(ScenarioCommand.run(scenario, rest))
            }
            fallthrough
        default:
            print(usage)
            exit(arguments.first == "--help" ? EXIT_SUCCESS : EX_USAGE)
        }
    }

    private static var usage: String {
        let scenarios = Scenarios.all.map { $0.name }.joined(separator: "|")
        return """
            usage: relay-bench \(scenarios)    a load on a relay, over its port
                   relay-bench all        every one of them, several times
                   relay-bench storage    the journal and the checkpoints
                   relay-bench codec      reading and writing frames
                   relay-bench document   docs/benchmarks.md from the results of all of these

            Each of them explains itself with --help.
            """
    }
}
