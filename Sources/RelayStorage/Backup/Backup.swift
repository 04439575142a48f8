internal import CLinux
internal import RelayThreads

/// A backup of a data directory, made beside a running relay: the newest checkpoint with the journal behind it, every
/// SQLite file as of one moment, and whatever else lies there.
///
/// Each one is unpacked again, compared and opened like a relay would open it, before it counts.
package struct Backup {
    private let directory: String
    private let disk = LinuxFileSystem()

    package init(of directory: String) { self.directory = directory }

    package struct Report: Sendable {
        package let manifest: BackupManifest
        package let params: Int
        package let bytes: Int
    }

    /// Streams the archive into `sink`. What is unpacked for the comparison is the stream itself, or, with `reread`, what
    /// that hands back when everything has been written: the file as it lies there.
    package func write(
        to sink: (([UInt8]) throws(BackupError) -> Void),
        reread: ((([UInt8]) throws(BackupError) -> Void) throws(BackupError) -> Void)? = nil
    ) throws(BackupError) -> Report {
        removeStale()
        let scratch = "\(directory)/\(RestoreMark.scratchPrefix)\(clinux_process_id())"
        defer { disk.removeTree(scratch) }
        disk.removeTree(scratch)
        let source = try BackupSource(directory, scratch: scratch)
        let copy = "\(scratch)/\(RestoreMark.incomingPrefix)"
        try onDisk { () throws(FileError) in try disk.makeDirectory(copy) }
        var reader = ArchiveReader(into: copy)
        var bytes = 0
        let manifest = try archive(source) { piece throws(BackupError) in
            bytes += piece.count
            try sink(piece)
            if reread == nil { try reader.take(piece) }
        }
        if let reread { try reread { piece throws(BackupError) in try reader.take(piece) } }
        guard try reader.finish() == manifest else { throw .damaged("its manifest is not what was written") }
        let params = try RestoreCheck(directory: copy).run(manifest)
        return Report(manifest: manifest, params: params, bytes: bytes)
    }

    private func archive(
        _ source: BackupSource, _ sink: ([UInt8]) throws(BackupError) -> Void
    ) throws(BackupError) -> BackupManifest {
        let now = WallClock.now
        var files: [BackupManifest.File] = []
        let writer = ArchiveWriter()
        for file in source.files {
            files.append(
                try writer.add(file.name, size: file.size, time: now / 1_000_000, from: file.path, disk, to: sink))
        }
        let manifest = BackupManifest(created: now, sequence: source.sequence, epoch: source.epoch, files: files)
        try writer.finish(manifest, to: sink)
        return manifest
    }

    /// What backups have left that did not live to clean up.
    private func removeStale() {
        for name in (try? disk.names(in: directory)) ?? [] where name.hasPrefix(RestoreMark.scratchPrefix) {
            let owner = Int32(name.dropFirst(RestoreMark.scratchPrefix.count))
            if owner.map({ !clinux_process_exists($0) }) ?? true { disk.removeTree("\(directory)/\(name)") }
        }
    }
}
