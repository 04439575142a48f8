internal import CLinux

/// The disk itself. The only file of the room, besides `Checksum`, that passes pointers.
package struct LinuxFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(FileError) -> OpenFile {
        let result =
            switch mode {
            case .read: unsafe clinux_open_to_read(path)
            case .new: unsafe clinux_open_new(path)
            case .truncated: unsafe clinux_open_truncated(path)
            case .lease: unsafe clinux_open_lock_file(path)
            }
        return OpenFile(descriptor: try check(result, "open", path), path: path)
    }

    package func close(_ file: OpenFile) { clinux_close(file.descriptor) }

    package func read(_ file: OpenFile, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        let result = unsafe Self.fill(&buffer, count) { unsafe clinux_read(file.descriptor, $0, count) }
        return Int(try check(result, "read", file.path))
    }

    package func read(
        _ file: OpenFile, at offset: Int64, upTo count: Int, into buffer: inout [UInt8]
    ) throws(FileError) -> Int {
        let result = unsafe Self.fill(&buffer, count) {
            unsafe Int(clinux_read_at(file.descriptor, $0, Int64(count), offset))
        }
        return Int(try check(result, "read", file.path))
    }

    private static func fill(
        _ buffer: inout [UInt8], _ count: Int, _ call: (UnsafeMutablePointer<UInt8>?) -> Int
    ) -> Int32 {
        var result = 0
        buffer.append(addingCapacity: count) { output in
            unsafe output.withUnsafeMutableBufferPointer { pointer, initialized in
                result = unsafe call(pointer.baseAddress)
                initialized = max(result, 0)
            }
        }
        return Int32(clamping: result)
    }

    package func write(_ file: OpenFile, _ bytes: ArraySlice<UInt8>) throws(FileError) -> Int {
        let result = unsafe bytes.withUnsafeBytes { unsafe clinux_write(file.descriptor, $0.baseAddress, $0.count) }
        return Int(try check(Int32(clamping: result), "write", file.path))
    }

    package func truncate(_ file: OpenFile) throws(FileError) {
        try check(clinux_truncate(file.descriptor, 0), "ftruncate", file.path)
    }

    package func sync(_ file: OpenFile, dataOnly: Bool) throws(FileError) {
        if dataOnly {
            try check(clinux_fdatasync(file.descriptor), "fdatasync", file.path)
        } else {
            try check(clinux_fsync(file.descriptor), "fsync", file.path)
        }
    }

    package func lock(_ file: OpenFile) throws(FileError) -> Bool {
        let result = clinux_lock(file.descriptor)
        if result == -11 { return false }  // EWOULDBLOCK
        try check(result, "flock", file.path)
        return true
    }

    package func rename(_ path: String, to other: String) throws(FileError) {
        try check(unsafe clinux_rename(path, other), "rename", path)
    }

    package func link(_ path: String, to other: String) throws(FileError) {
        try check(unsafe clinux_link(path, other), "link", path)
    }

    package func remove(_ path: String) throws(FileError) {
        try check(unsafe clinux_unlink(path), "unlink", path)
    }

    package func makeDirectory(_ path: String) throws(FileError) {
        let result = unsafe clinux_make_directory(path)
        if result == -FileError.exists { return }
        try check(result, "mkdir", path)
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        try check(unsafe clinux_sync_directory(path), "fsync", path)
    }

    package func names(in directory: String) throws(FileError) -> [String] {
        var capacity = 16_384
        // A directory may grow between two calls; ask until the buffer was large enough.
        while true {
            var length: Int64 = 0
            let room = capacity
            let bytes = [UInt8](capacity: room) { output in
                unsafe output.withUnsafeMutableBufferPointer { pointer, initialized in
                    length = unsafe pointer.withMemoryRebound(to: CChar.self) {
                        unsafe clinux_list(directory, $0.baseAddress, room)
                    }
                    initialized = length > 0 && length <= room ? Int(length) : 0
                }
            }
            try check(Int32(clamping: min(length, 0)), "readdir", directory)
            if length <= room { return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) } }
            capacity = Int(length) * 2
        }
    }

    package func size(of path: String) throws(FileError) -> Int64? {
        let result = unsafe clinux_file_size(path)
        if result == -Int64(FileError.missing) { return nil }
        try check(Int32(clamping: min(result, 0)), "stat", path)
        return result
    }

    package func space(at path: String) throws(FileError) -> DiskSpace {
        var total: UInt64 = 0
        var available: UInt64 = 0
        try check(unsafe clinux_space(path, &total, &available), "statvfs", path)
        return DiskSpace(total: total, available: available)
    }

    @discardableResult
    func check(_ result: Int32, _ call: String, _ path: String) throws(FileError) -> Int32 {
        guard result >= 0 else { throw FileError(call: call, path: path, code: -result) }
        return result
    }
}
