/// Everything the room asks of a disk, as a protocol: the tests put a disk in its place that fails, fills up and
/// forgets what was not synced.
///
/// Paths are plain strings. A `write` may take less than it was given, as write(2) may.
package protocol FileSystem: Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> OpenFile
    func close(_ file: OpenFile)
    /// Appends up to `count` bytes to the buffer; 0 at the end of the file.
    func read(_ file: OpenFile, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int
    /// The same from a place in the file, whatever was read before.
    func read(_ file: OpenFile, at offset: Int64, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int
    func write(_ file: OpenFile, _ bytes: ArraySlice<UInt8>) throws(FileError) -> Int
    func truncate(_ file: OpenFile) throws(FileError)
    /// `dataOnly` is fdatasync: enough for a file that was only appended to.
    func sync(_ file: OpenFile, dataOnly: Bool) throws(FileError)
    /// False when another process holds the lock.
    func lock(_ file: OpenFile) throws(FileError) -> Bool

    func rename(_ path: String, to other: String) throws(FileError)
    func link(_ path: String, to other: String) throws(FileError)
    func remove(_ path: String) throws(FileError)
    /// Does nothing when the directory exists.
    func makeDirectory(_ path: String) throws(FileError)
    func syncDirectory(_ path: String) throws(FileError)
    func names(in directory: String) throws(FileError) -> [String]
    /// Nil when there is no such file.
    func size(of path: String) throws(FileError) -> Int64?
    func space(at path: String) throws(FileError) -> DiskSpace
}

package enum OpenMode: Sendable {
    case read
    /// Fails where a file is.
    case new
    /// What was there is gone.
    case truncated
    /// Created when missing, read and appended to: for the lease.
    case lease
}

package struct OpenFile: Sendable, Hashable {
    package let descriptor: Int32
    package let path: String

    package init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }
}

package struct DiskSpace: Sendable, Equatable {
    package let total: UInt64
    package let available: UInt64

    package init(total: UInt64, available: UInt64) {
        self.total = total
        self.available = available
    }

    /// 0…1.
    package var usedShare: Double {
        total == 0 ? 0 : 1 - Double(min(available, total)) / Double(total)
    }
}

extension FileSystem {
    /// Writes to the end of the slice, however small the steps the system takes.
    func writeAll(_ file: OpenFile, _ bytes: [UInt8]) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try write(file, rest)
            guard count > 0 else { throw FileError(call: "write", path: file.path, code: FileError.noProgress) }
            rest = rest.dropFirst(count)
        }
    }

    func exists(_ path: String) throws(FileError) -> Bool { try size(of: path) != nil }

    /// A whole file of bounded size.
    func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
        let file = try open(path, .read)
        defer { close(file) }
        var bytes: [UInt8] = []
        if let size = try size(of: path), size <= limit { bytes.reserveCapacity(Int(size)) }
        while try read(file, upTo: 1 << 20, into: &bytes) > 0 {
            if bytes.count > limit { throw FileError(call: "read", path: path, code: FileError.tooLarge) }
        }
        return bytes
    }

    /// A second file with the same content, synced.
    func copy(_ source: String, to target: String) throws(FileError) {
        let input = try open(source, .read)
        defer { close(input) }
        let output = try open(target, .truncated)
        defer { close(output) }
        var bytes: [UInt8] = []
        while try read(input, upTo: 1 << 20, into: &bytes) > 0 {
            try writeAll(output, bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        try sync(output, dataOnly: false)
    }
}
