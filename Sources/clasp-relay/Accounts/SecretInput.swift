import Glibc

/// Secrets come through standard input: what stands on a command line is shown to everybody who lists processes.
enum SecretInput {
    private static let maxBytes = 16_384

    /// A password: typed twice at a terminal, without being shown; else the first line of the input.
    static func password() throws(CommandFailure) -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else {
            var input = LineInput(limit: maxBytes)
            while let lines = input.next() {
                if case .text(let line) = lines.first { return line }
            }
            throw CommandFailure("the password is read from standard input")
        }
        let first = try typed("Password: ")
        guard try typed("Once more: ") == first else { throw CommandFailure("the two differ") }
        return first
    }

    /// All lines of the input that hold something.
    static func lines() -> [[UInt8]] {
        var input = LineInput(limit: maxBytes)
        var found: [[UInt8]] = []
        while let lines = input.next() {
            for case .text(let line) in lines where !line.isEmpty { found.append(line) }
        }
        return found
    }

    private static func typed(_ prompt: String) throws(CommandFailure) -> [UInt8] {
        var shown = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &shown) == 0 else { throw CommandFailure("the terminal cannot be used") }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            write("\n")
        }
        write(prompt)
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe read(STDIN_FILENO, &byte, 1) == 1, byte != UInt8(ascii: "\n"), line.count < maxBytes {
            line.append(byte)
        }
        return line
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
