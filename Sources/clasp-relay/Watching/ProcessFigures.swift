import Glibc
import Relay
import RelayStorage

/// What the kernel says about this process.
enum ProcessFigures {
    static var now: ProcessStatus {
        var status = ProcessStatus()
        if let pages = field(1, of: "/proc/self/statm") {
            status.residentBytes = pages * UInt64(clamping: getpagesize())
        }
        // The name of the program, which may hold blanks, ends with the last bracket; user and system time follow.
        if let text = text(of: "/proc/self/stat"), let bracket = text.lastIndex(of: ")") {
            let fields = text[bracket...].split(separator: " ")
            let ticks = [12, 13].reduce(0.0) { $0 + (fields.indices.contains($1) ? Double(fields[$1]) ?? 0 : 0) }
            status.cpuSeconds = ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        }
        status.openDescriptors = ((try? LinuxFileSystem().names(in: "/proc/self/fd")) ?? []).count
        status.maxDescriptors = maxDescriptors
        return status
    }

    private static var maxDescriptors: Int {
        let line = text(of: "/proc/self/limits")?.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) } ?? 0
    }

    static func field(_ index: Int, of path: String) -> UInt64? {
        guard let fields = text(of: path)?.split(whereSeparator: \.isWhitespace), fields.indices.contains(index) else {
            return nil
        }
        return UInt64(fields[index])
    }

    static func text(of path: String) -> String? {
        (try? TextFile.read(path)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
