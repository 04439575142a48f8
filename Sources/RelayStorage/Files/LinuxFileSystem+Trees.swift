internal import CLinux

/// What backups need of a disk, beside what is asked of any.
extension LinuxFileSystem {
    package enum Kind: Int32 { case other, file, directory }

    /// Nil when there is nothing by that name. A link is not followed.
    package func kind(of path: String) throws(FileError) -> Kind? {
        let result = unsafe clinux_file_kind(path)
        if result == -FileError.missing { return nil }
        return Kind(rawValue: try check(result, "lstat", path))
    }

    /// Removes a file, or a directory with all that is in it, as far as it can.
    package func removeTree(_ path: String) {
        guard let kind = try? kind(of: path) else { return }
        if kind == .directory {
            for name in (try? names(in: path)) ?? [] { removeTree("\(path)/\(name)") }
            unsafe _ = clinux_remove_directory(path)
        } else {
            try? remove(path)
        }
    }
}
