import CLinux
import Glibc

/// What a figure was measured on.
enum Machine {
    static var description: String { "\(processor), \(cores) cores, Linux \(kernel), load \(load)" }

    static var processor: String {
        for line in SystemFile.text(of: "/proc/cpuinfo")?.split(separator: "\n") ?? []
        where line.hasPrefix("model name") {
            if let name = line.split(separator: ":").last { return String(name.drop { $0 == " " }) }
        }
        return "unknown processor"
    }

    static var cores: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    static var memoryBytes: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

    static var kernel: String { firstLine(of: "/proc/sys/kernel/osrelease") ?? "?" }

    /// Of the last 1, 5 and 15 minutes.
    static var load: String {
        firstLine(of: "/proc/loadavg").map { $0.split(separator: " ").prefix(3).joined(separator: " ") } ?? "?"
    }

    /// In UTC: 2026-01-31 17:05.
    static var date: String {
        var now = time(nil)
        var parts = unsafe tm()
        unsafe gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            unsafe "\(parts.tm_year + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(two(parts.tm_hour)):\(two(parts.tm_min))"
    }

    /// Lets this process, and what it starts from now on, run on these cores only.
    static func pin(to cores: Range<Int>) {
        _ = clinux_pin(Int32(cores.lowerBound), Int32(cores.count))
    }

    private static func firstLine(of path: String) -> String? {
        SystemFile.text(of: path)?.split(separator: "\n").first.map(String.init)
    }
}
