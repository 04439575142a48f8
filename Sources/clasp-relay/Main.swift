import Glibc

/// One program for everything. The first argument names a sub-command; without one the relay serves.
@main enum Main {
    static func main() {
        exit(
            CommandTable.run(Invocation(arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)))
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
