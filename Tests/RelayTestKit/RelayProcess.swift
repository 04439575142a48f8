import CLinux
import Glibc

/// The built program as a child process, talked to over pipes. Its errors go to this process's standard error.
package final class RelayProcess {
    /// What is tested: `RELAY_BINARY`, else the release build.
    package static let binary =
        environment("RELAY_BINARY") ?? PackageFiles.root + "/.build/release/clasp-relay"

    package enum Fault: Error, CustomStringConvertible {
        case call(String, code: Int32)
        case tooSlow(lines: Int)

        package var description: String {
            switch self {
            case .call(let call, let code):
                "\(call) failed with \(code) for \(RelayProcess.binary); scripts/build makes it, RELAY_BINARY names another"
            case .tooSlow(let lines): "only \(lines) lines came in time"
            }
        }
    }

    package let identifier: Int32
    private var input: Int32
    private let output: Int32
    private var received: [UInt8] = []
    private var status: Int32?

    /// `program`: another one that a test needs, with its path. `descriptors` become the child's from 3 on.
    package init(
        _ arguments: [String], program: String = RelayProcess.binary, handing descriptors: [Int32] = []
    ) throws {
        let (childInput, input) = try Self.pipe()
        let (output, childOutput) = try Self.pipe()
        self.input = input
        self.output = output
        defer {
            close(childInput)
            close(childOutput)
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, childInput, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, childOutput, STDOUT_FILENO)
        // Copies above the numbers they are to get, so that none is overwritten before its turn.
        let first = STDERR_FILENO + 1
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, first + Int32(descriptors.count)) }
        defer { for copy in copies { close(copy) } }
        for (place, copy) in copies.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, copy, first + Int32(place))
        }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawn(&child, program, &actions, nil, words, environ)
        identifier = child
        guard code == 0 else {
            status = -1
            throw Fault.call("posix_spawn", code: code)
        }
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            _ = waitpid(identifier, nil, 0)
        }
        if input >= 0 { close(input) }
        close(output)
    }

    /// Sends everything, and takes lines until there are so many or the program ends.
    package func converse(_ text: [UInt8], lines: Int, within limit: Duration = .seconds(120)) throws -> [[UInt8]] {
        let deadline = ContinuousClock.now + limit
        var sent = 0
        var found = received.count { $0 == newline }
        while sent < text.count || found < lines {
            guard ContinuousClock.now < deadline else { throw Fault.tooSlow(lines: found) }
            var waiting = [pollfd(fd: output, events: Int16(POLLIN), revents: 0)]
            if sent < text.count { waiting.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
            _ = unsafe poll(&waiting, nfds_t(waiting.count), 100)
            if waiting.count > 1, waiting[1].revents != 0 {
                sent += try send(text[sent...])
            }
            if waiting[0].revents != 0 {
                let count = try receive()
                if count == 0 { break }
                found += received.suffix(count).count { $0 == newline }
            }
        }
        var taken = received.split(separator: newline, omittingEmptySubsequences: false).map(Array.init)
        received = taken.popLast() ?? []
        return taken
    }

    /// Tells the program that nothing more comes, and reads what it still says.
    package func finish(within limit: Duration = .seconds(120)) throws -> (status: Int32, rest: [UInt8]) {
        closeInput()
        while try receive() > 0 {}
        return (try waitForExit(within: limit), received)
    }

    package func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    package func signal(_ number: Int32) { kill(identifier, number) }

    /// The exit status, or 128 plus the signal that ended it.
    package func waitForExit(within limit: Duration = .seconds(120)) throws -> Int32 {
        if let status { return status }
        let deadline = ContinuousClock.now + limit
        while true {
            var raw: Int32 = 0
            let ended = unsafe waitpid(identifier, &raw, WNOHANG)
            if ended == identifier {
                let code = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
                status = code
                return code
            }
            guard ContinuousClock.now < deadline else { throw Fault.call("waitpid", code: ETIMEDOUT) }
            usleep(2_000)
        }
    }

    /// The most memory that the living program has held so far. (The figure that `wait4` gives would start with this
    /// process's own.)
    package func peakMemoryBytes() throws -> Int {
        let text = try PackageFiles.text(at: "/proc/\(identifier)/status")
        for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            if let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
                return kilobytes * 1_024
            }
        }
        throw Fault.call("VmHWM", code: ENOENT)
    }

    // MARK: Pipes

    private let newline = UInt8(ascii: "\n")

    /// Closed in every child but for the ends it was given: one left open in another would keep the pipe from ending.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        let code = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_pipe($0.baseAddress) }
        guard code == 0 else { throw Fault.call("pipe2", code: -code) }
        return (ends[0], ends[1])
    }

    /// At most as much as a pipe takes at once, so that a slow reader cannot block us while it waits for us.
    private func send(_ text: ArraySlice<UInt8>) throws -> Int {
        let count = unsafe text.prefix(4_096).withUnsafeBytes { bytes in
            unsafe write(input, bytes.baseAddress, bytes.count)
        }
        guard count > 0 else { throw Fault.call("write", code: clinux_errno()) }
        return count
    }

    private func receive() throws -> Int {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe read(output, &chunk, chunk.count)
        guard count >= 0 else { throw Fault.call("read", code: clinux_errno()) }
        received += chunk[..<count]
        return count
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
