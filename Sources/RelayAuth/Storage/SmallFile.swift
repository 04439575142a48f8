internal import CLinux
internal import Glibc

/// Files of an operator that hold a secret or name one: read whole, written once.
enum SmallFile {
    /// Nothing that is read this way is anywhere near as long.
    static let maxBytes = 65_536

    /// Nil when it cannot be read or is too long.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = unsafe clinux_open_to_read(path)
        guard descriptor >= 0 else { return nil }
        defer { _ = clinux_close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe clinux_read(descriptor, &chunk, chunk.count)
            if count == 0 { return content }
            guard count > 0, content.count + count <= maxBytes else { return nil }
            content.append(contentsOf: chunk[..<count])
        }
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether others than the owner and the group may get at it.
    static func isOpenToOthers(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & 0o007 != 0
    }

    /// Makes a file that only its owner may read, with the directories above it. False when there is one already, or
    /// when it cannot be made.
    static func create(_ path: String, _ content: [UInt8]) -> Bool {
        makeDirectories(above: path)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { _ = clinux_close(descriptor) }
        let isWritten = unsafe content.withUnsafeBytes {
            unsafe clinux_write_all(descriptor, $0.baseAddress, $0.count) == 0
        }
        return isWritten && clinux_fsync(descriptor) == 0
    }

    private static func makeDirectories(above path: String) {
        var end = path.startIndex
        while let slash = path[end...].dropFirst().firstIndex(of: "/") {
            _ = unsafe clinux_make_directory(String(path[..<slash]))
            end = slash
        }
    }
}
