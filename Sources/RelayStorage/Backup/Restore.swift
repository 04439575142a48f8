internal import CLinux
internal import RelayThreads

/// Puts a backup in the place of a data directory, which must not be in use. What was there is kept beside it.
package struct Restore {
    private let directory: String
    private let disk = LinuxFileSystem()

    package init(into directory: String) { self.directory = directory }

    package struct Report: Sendable {
        package let manifest: BackupManifest
        package let params: Int
        /// Where the files are that were there before; nil when there were none.
        package let aside: String?
    }

    /// `stream` hands the archive over, piece by piece. Nothing that was there is touched before all of it has been
    /// found right.
    package func run(
        from stream: ((([UInt8]) throws(BackupError) -> Void) throws(BackupError) -> Void)
    ) throws(BackupError) -> Report {
        try onDisk { () throws(FileError) in try disk.makeDirectory(directory) }
        let lease: Lease
        do throws(StorageError) {
            lease = try Lease.take(on: directory, disk)
        } catch {
            throw .refused(error)
        }
        defer { lease.drop() }
        let now = WallClock.now
        let incoming = "\(directory)/\(RestoreMark.incomingPrefix)\(now)"
        defer { disk.removeTree(incoming) }
        try onDisk { () throws(FileError) in try disk.makeDirectory(incoming) }
        var reader = ArchiveReader(into: incoming)
        try stream { piece throws(BackupError) in try reader.take(piece) }
        let manifest = try reader.finish()
        let params = try RestoreCheck(directory: incoming).run(manifest)
        let aside = try onDisk { () throws(FileError) in try exchange(incoming, lease, at: now) }
        return Report(manifest: manifest, params: params, aside: aside)
    }

    /// Works inside the directory, which may be a mounted volume and then cannot be renamed itself.
    private func exchange(_ incoming: String, _ lease: Lease, at now: Int64) throws(FileError) -> String? {
        let mark = "\(directory)/\(RestoreMark.name)"
        let file = try disk.open(mark, .truncated)
        disk.close(file)
        // Not empty any more: the next start begins a new epoch, for this is not the history that clients know.
        try lease.mark(directory)
        let old = try disk.names(in: directory).filter {
            $0 != Lease.name && $0 != RestoreMark.name && $0 != "lost+found" && !RestoreMark.isSideDirectory($0)
        }
        let aside = old.isEmpty ? nil : "\(directory)/\(RestoreMark.asidePrefix)\(now)"
        if let aside {
            try disk.makeDirectory(aside)
            for name in old.sorted() { try disk.rename("\(directory)/\(name)", to: "\(aside)/\(name)") }
            try disk.syncDirectory(aside)
        }
        try syncTree(incoming)
        for name in try disk.names(in: incoming).sorted() {
            try disk.rename("\(incoming)/\(name)", to: "\(directory)/\(name)")
        }
        try disk.syncDirectory(directory)
        try disk.remove(mark)
        try disk.syncDirectory(directory)
        return aside
    }

    private func syncTree(_ path: String) throws(FileError) {
        for name in try disk.names(in: path) where try disk.kind(of: "\(path)/\(name)") == .directory {
            try syncTree("\(path)/\(name)")
        }
        try disk.syncDirectory(path)
    }
}
