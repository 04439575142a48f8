import Glibc

/// One program for everything. The first argument names a sub-command; without one the relay serves.
@main enum Main {
    static func main() {
        exit(
            CommandTable.run(Invocation(arguments: arguments, environment: environment)))
    }

    /// From the process itself: what the library says is read from /proc, which a sandbox may not have.
    private static var arguments: [String] {
        var arguments: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            if let argument = unsafe CommandLine.unsafeArgv[index] {
                arguments.append(unsafe String(cString: argument))
            }
        }
        return arguments
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
