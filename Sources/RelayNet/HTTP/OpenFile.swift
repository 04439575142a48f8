import CLinux
import Glibc

/// A directory whose files may be opened by names that came from outside; no name leads out of it.
package final class FileRoot: Sendable {
    private let descriptor: Int32

    /// Follows symbolic links on the way to the directory itself: that path is the operator's.
    package init(_ path: String) throws(SystemError) {
        let descriptor = unsafe clinux_open_root(path)
        guard descriptor >= 0 else { throw SystemError("open", code: -descriptor) }
        self.descriptor = descriptor
    }

    deinit { clinux_close_file(descriptor) }

    enum Found {
        case file(OpenFile)
        case directory
        /// No such name.
        case nothing
        /// Something that is not for the peer: it leads outside, may not be read, or is neither file nor directory.
        case refused
    }

    /// What lies at the end of `segments`.
    func open(_ segments: [String], suffix: String = "") -> Found {
        let path = segments.isEmpty ? "." : segments.joined(separator: "/") + suffix
        guard !path.utf8.contains(0) else { return .refused }
        let descriptor = unsafe clinux_open_beneath(self.descriptor, path)
        guard descriptor >= 0 else { return descriptor == -ENOENT || descriptor == -ENAMETOOLONG ? .nothing : .refused }
        var status = clinux_file()
        let code = unsafe clinux_stat_descriptor(descriptor, &status)
        guard code == 0, status.is_regular != 0 else {
            clinux_close_file(descriptor)
            return code == 0 && status.is_directory != 0 ? .directory : .refused
        }
        return .file(OpenFile(descriptor: descriptor, status))
    }
}

/// A file that is open for reading, closed when the last who reads it lets go.
final class OpenFile: Sendable {
    private let descriptor: Int32
    let size: Int
    /// A strong validator (RFC 9110 §8.8.3): the time of change is set by the kernel, so a file that was replaced by
    /// one of the same size and modification time, as images are built, still differs.
    let tag: String

    fileprivate init(descriptor: Int32, _ status: clinux_file) {
        self.descriptor = descriptor
        size = Int(status.size)
        tag =
            String(status.size, radix: 36) + "-" + String(status.modified_ns, radix: 36) + "-"
            + String(status.changed_ns, radix: 36)
    }

    deinit { clinux_close_file(descriptor) }

    /// Exactly `count` bytes from `offset`, nil when the file no longer has them.
    func read(_ count: Int, at offset: Int) -> [UInt8]? {
        var isWhole = false
        let octets = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            let taken = unsafe clinux_read_at(descriptor, room.baseAddress, Int64(count), Int64(offset))
            isWhole = taken == Int64(count)
            filled = isWhole ? count : 0
        }
        return isWhole ? octets : nil
    }
}

/// A part of a file as the content of a response: read as the peer takes it.
struct FileContent: HTTPBodySource {
    let file: OpenFile
    var range: Range<Int>

    mutating func next(upTo maxBytes: Int) -> [UInt8]? {
        let count = min(maxBytes, range.count)
        guard count > 0 else { return [] }
        guard let octets = file.read(count, at: range.lowerBound) else { return nil }
        range = (range.lowerBound + count)..<range.upperBound
        return octets
    }
}
