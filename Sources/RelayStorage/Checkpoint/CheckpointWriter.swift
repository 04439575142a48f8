/// Writes `state.json` so that at every moment a complete one is there under its name.
///
/// state.json.tmp, fsync, the old file linked as state.json.prev, rename, fsync of the directory. A step that fails ends
/// the attempt with the old files in force; nothing is repeated on a file whose sync has failed.
struct CheckpointWriter {
    let files: any FileSystem
    let directory: String

    private static let flushBytes = 1 << 20

    struct Outcome: Sendable, Equatable {
        var params = 0
        var rejected = 0
        var bytes = 0
    }

    func write(_ contents: inout some CheckpointContents, head: CheckpointHead) throws(FileError) -> Outcome {
        let temporary = path(CheckpointFormat.temporaryName)
        let outcome: Outcome
        do throws(FileError) {
            outcome = try writeFile(temporary, &contents, head)
        } catch {
            // On a disk that is full it would take what others need.
            try? files.remove(temporary)
            throw error
        }
        try keepPrevious()
        try files.rename(temporary, to: path(CheckpointFormat.name))
        try files.syncDirectory(directory)
        return outcome
    }

    private func writeFile(
        _ path: String, _ contents: inout some CheckpointContents, _ head: CheckpointHead
    ) throws(FileError) -> Outcome {
        // A new file, never an old one cut short: where a crash has left a rename half done, the old one has both names.
        if try files.exists(path) { try files.remove(path) }
        let file = try files.open(path, .new)
        defer { files.close(file) }
        var outcome = Outcome()
        var checksum = Checksum()
        var encoder = CheckpointEncoder()
        encoder.begin(head)
        while contents.writeNext(to: &encoder) {
            if encoder.writer.count >= Self.flushBytes {
                try flush(&encoder, to: file, &checksum, &outcome)
            }
        }
        encoder.finish()
        try flush(&encoder, to: file, &checksum, &outcome)
        try files.writeAll(file, CheckpointFormat.ending(checksum.value))
        try files.sync(file, dataOnly: false)
        outcome.bytes += CheckpointFormat.endingCount
        outcome.params = encoder.count
        outcome.rejected = encoder.rejected
        return outcome
    }

    private func flush(
        _ encoder: inout CheckpointEncoder, to file: OpenFile, _ checksum: inout Checksum, _ outcome: inout Outcome
    ) throws(FileError) {
        checksum.add(encoder.writer.bytes.span)
        outcome.bytes += encoder.writer.count
        try files.writeAll(file, encoder.writer.bytes)
        encoder.removeAll()
    }

    /// A second name for the present file, so that there is no moment without a state.json.
    private func keepPrevious() throws(FileError) {
        let current = path(CheckpointFormat.name)
        guard try files.exists(current) else { return }
        let second = path(CheckpointFormat.previousName + ".tmp")
        if try files.exists(second) { try files.remove(second) }
        do throws(FileError) {
            try files.link(current, to: second)
        } catch  where error.code == FileError.notPermitted || error.code == FileError.notSupported {
            // A file system without links. Recovery reads the previous file if it ends between the two renames.
            return try files.rename(current, to: path(CheckpointFormat.previousName))
        }
        try files.rename(second, to: path(CheckpointFormat.previousName))
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }
}
