import Glibc

/// What a figure was measured on.
enum Machine {
    static var description: String {
        let processor = value(of: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
        let load = firstLine(of: "/proc/loadavg").map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        let kernel = firstLine(of: "/proc/sys/kernel/osrelease") ?? "?"
        return "\(processor), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(kernel), load \(load ?? "?")"
    }

    private static func value(of key: String, in path: String) -> String? {
        text(of: path)?.split(separator: "\n").first { $0.hasPrefix(key) }?.split(separator: ":").last
            .map { String($0.drop { $0 == " " }) }
    }

    private static func firstLine(of path: String) -> String? {
        text(of: path)?.split(separator: "\n").first.map(String.init)
    }

    private static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
