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
            if maxBytes > 0, open.bytes > 0, open.bytes + lines.count > maxBytes, unsafe rename(path, path + ".1") == 0
            {
                exchange(&open)
            }
            open.bytes += lines.count
            var rest = lines[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { bytes in
                    retrying { unsafe Glibc.write(open.descriptor, bytes.baseAddress, bytes.count) }
                }
                // A disk that is full keeps nobody from serving.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
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
