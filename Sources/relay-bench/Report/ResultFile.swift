import CLinux
import Glibc
import RelayJSON

/// Lines of JSON, one for each run.
enum ResultFile {
    static func append(_ line: [UInt8], to path: String) throws(BenchError) {
        try write(line + [0x0A], to: path, flags: O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
    }

    static func replace(_ bytes: [UInt8], at path: String) throws(BenchError) {
        try write(bytes, to: path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
    }

    static func lines(of path: String) throws(BenchError) -> [JSONValue] {
        var lines: [JSONValue] = []
        for line in try bytes(of: path).split(separator: 0x0A) {
            guard let value = try? JSONValue(parsing: Array(line)) else {
                throw BenchError("\(path): a line is not JSON")
            }
            lines.append(value)
        }
        return lines
    }

    static func bytes(of path: String) throws(BenchError) -> [UInt8] {
        let descriptor = unsafe clinux_open_to_read(path)
        guard descriptor >= 0 else { throw BenchError("\(path) cannot be read") }
        defer { _ = clinux_close(descriptor) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe clinux_read(descriptor, &part, part.count)
            guard count >= 0 else { throw BenchError("\(path) cannot be read") }
            if count == 0 { return content }
            content += part[..<count]
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, flags: Int32) throws(BenchError) {
        let descriptor = unsafe open(path, flags, 0o644)
        guard descriptor >= 0 else { throw BenchError("\(path) cannot be written") }
        defer { close(descriptor) }
        guard unsafe clinux_write_all(descriptor, bytes, bytes.count) == 0 else {
            throw BenchError("\(path) cannot be written")
        }
    }
}
