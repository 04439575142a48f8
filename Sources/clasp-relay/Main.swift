import Glibc

/// One program for everything. The first argument names a sub-command; without one the relay serves.
@main enum Main {
    static func main() {
        exit(
            CommandTable.run(Invocation(arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)))
    }

    /// Reads the settings and runs the relay with them.
    @Sendable static func serve(_ invocation: Invocation) -> Int32 {
        var status = EXIT_SUCCESS
        guard let (loaded, _) = Command.settings(of: invocation, "serve", orEndWith: &status) else { return status }
        let faults = FileFindings.faults(of: loaded.settings)
        guard faults.isEmpty else { return TextOutput.complain(faults) }
        return TextOutput.complain(
            ["clasp-relay: the settings are good, but there is no relay in this build"], status: EX_SOFTWARE)
    }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            unsafe next += 1
        }
        return variables
    }
}
