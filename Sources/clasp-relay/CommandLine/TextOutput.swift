import Glibc

/// Gathers what is printed, and writes it in one go.
struct TextOutput {
    private let descriptor: Int32
    private var bytes: [UInt8] = []

    init(_ descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
    }

    mutating func line(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\n"))
        // A chunk of short lines can become a long answer.
        if bytes.count > 1 << 20 { _ = flush() }
    }

    /// False when nobody takes it any more.
    mutating func flush() -> Bool {
        var written = 0
        while written < bytes.count {
            let rest = bytes[written...]
            let count = unsafe rest.withUnsafeBytes { rest in
                retrying { unsafe Glibc.write(descriptor, rest.baseAddress, rest.count) }
            }
            guard count > 0 else { return false }
            written += count
        }
        bytes.removeAll(keepingCapacity: true)
        return true
    }

    // MARK: For commands that say something and end

    /// - Returns: the exit status.
    static func say(_ lines: [String]) -> Int32 {
        write(lines, to: STDOUT_FILENO) ? EXIT_SUCCESS : EX_IOERR
    }

    /// Says something that nobody has to hear: not into a pipe that is full.
    static func sayIfHeard(_ lines: [String]) {
        var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        if unsafe poll(&output, 1, 0) == 1, output.revents & Int16(POLLOUT) != 0 { _ = say(lines) }
    }

    /// - Returns: `status`, for the caller to end with.
    static func complain(_ lines: [String], status: Int32) -> Int32 {
        _ = write(lines, to: STDERR_FILENO)
        return status
    }

    /// Tells what is wrong, and the exit status that says so.
    static func complain(_ faults: [Fault], of command: String? = nil) -> Int32 {
        var lines = faults.map { "clasp-relay: \($0)" }
        if faults.exitStatus == EX_USAGE {
            lines.append("'clasp-relay \(command.map { $0 + " " } ?? "")--help' lists every option.")
        }
        return complain(lines, status: faults.exitStatus)
    }

    static func write(_ lines: [String], to descriptor: Int32) -> Bool {
        var output = TextOutput(descriptor)
        for line in lines { output.line(line.utf8) }
        return output.flush()
    }
}

/// A call that a signal interrupted is made again.
func retrying(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
