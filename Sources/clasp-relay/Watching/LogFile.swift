import Glibc
import RelayThreads

/// The log as a file. Whoever renames it, as logrotate does, has it opened again by SIGHUP; with a bound on its size the
/// relay renames it itself. Lines are whole in one file or the other, and none is lost in between.
final class LogFile: Sendable {
    private struct Open {
        var descriptor: Int32
        var bytes: Int
    }

    private let path: String
    /// 0: any number.
    private let maxBytes: Int
    private let open: Monitor<Open>

    init(_ path: String, maxBytes: Int) throws(Fault) {
        guard let first = Self.open(path) else {
            let reason = unsafe String(cString: strerror(errno))
            throw Fault(.logFileUnusable, "--log-file \(path): \(reason)")
        }
        self.path = path
        self.maxBytes = maxBytes
        open = Monitor(first)
    }

    deinit { open.withLock { _ = close($0.descriptor) } }

    /// Takes whole lines.
    func write(_ lines: [UInt8]) {
        open.withLock { open in
            var rest = lines[...]
            while !rest.isEmpty {
                var part = fitting(rest, behind: open.bytes)
                if part.isEmpty {
                    if unsafe rename(path, path + ".1") == 0 { exchange(&open) }
                    part = fitting(rest, behind: open.bytes)
                    // Where no new file can be had, the old one grows: better than to lose what it is for.
                    if part.isEmpty { part = rest }
                }
                guard Self.append(part, to: open.descriptor) else { return }
                open.bytes += part.count
                rest = rest[part.endIndex...]
            }
        }
    }

    /// As many lines as there is room for. One that is longer than a file gets a file of its own.
    private func fitting(_ lines: ArraySlice<UInt8>, behind bytes: Int) -> ArraySlice<UInt8> {
        let room = max(0, maxBytes - bytes)
        guard maxBytes > 0, lines.count > room else { return lines }
        if let end = lines.prefix(room).lastIndex(of: UInt8(ascii: "\n")) { return lines[...end] }
        guard bytes == 0 else { return lines.prefix(0) }
        return lines.firstIndex(of: UInt8(ascii: "\n")).map { lines[...$0] } ?? lines
    }

    /// False when it did not get there: a disk that is full keeps nobody from serving.
    private static func append(_ lines: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = lines
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                retrying { unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Goes on in the file that has the name now.
    func reopen() { open.withLock { exchange(&$0) } }

    /// Without a new file the old one is better than none.
    private func exchange(_ open: inout Open) {
        guard let fresh = Self.open(path) else { return }
        close(open.descriptor)
        open = fresh
    }

    private static func open(_ path: String) -> Open? {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return nil }
        return Open(descriptor: descriptor, bytes: Int(lseek(descriptor, 0, SEEK_END)))
    }
}
