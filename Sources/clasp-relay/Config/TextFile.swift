import Glibc

/// A small file, read whole.
struct TextFile: Sendable {
    let bytes: [UInt8]
    /// The permission bits.
    let mode: UInt32

    /// Whether others than its owner and group can get at it.
    var isLoose: Bool { mode & 0o007 != 0 }

    /// - Throws: what stands in the way, as a phrase.
    static func read(_ path: String, limit: Int = 16 << 20) throws(Unreadable) -> TextFile {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(code: errno) }
        defer { close(descriptor) }
        var info = stat()
        guard unsafe fstat(descriptor, &info) == 0 else { throw Unreadable(code: errno) }
        guard info.st_mode & S_IFMT != S_IFDIR else { throw Unreadable(code: EISDIR) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return TextFile(bytes: bytes, mode: info.st_mode & 0o7777) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Unreadable(code: errno) }
            guard bytes.count + count <= limit else { throw Unreadable(code: EFBIG) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    struct Unreadable: Error, CustomStringConvertible {
        let code: Int32

        var isMissing: Bool { code == ENOENT }

        var description: String {
            switch code {
            case ENOENT: "there is no such file"
            case EACCES: "this user may not read it"
            case EISDIR: "is a directory"
            case EFBIG: "is too large"
            default: "cannot be read (error \(code))"
            }
        }
    }
}
