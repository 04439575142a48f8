import Glibc

/// Measures the relay. The first argument names what.
@main enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "codec": exit(CodecBench.run(Array(arguments.dropFirst())))
        case "storage": exit(StorageBench.run(Array(arguments.dropFirst())))
        default:
            print("usage: relay-bench codec|storage [--help]")
            exit(arguments.first == "--help" ? EXIT_SUCCESS : EX_USAGE)
        }
    }
}
