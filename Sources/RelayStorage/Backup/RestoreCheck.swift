/// Opens an unpacked backup as a relay would, without changing anything that a relay reads.
struct RestoreCheck {
    let directory: String

    /// - Returns: how many params there are.
    func run(_ manifest: BackupManifest) throws(BackupError) -> Int {
        let disk = LinuxFileSystem()
        var recovery = Recovery<ParamCount>(
            files: disk, directory: directory, mode: .strict, leaseWasReturned: false, now: manifest.created)
        var count = ParamCount()
        do throws(StorageError) {
            try recovery.read(into: &count)
        } catch {
            throw .damaged(error.description)
        }
        guard recovery.report.sequence == manifest.sequence else {
            throw .damaged("it holds records up to \(recovery.report.sequence), not \(manifest.sequence)")
        }
        for file in manifest.files {
            let path = "\(directory)/\(file.name)"
            var beginning: [UInt8] = []
            try onDisk { () throws(FileError) in
                let opened = try disk.open(path, .read)
                defer { disk.close(opened) }
                _ = try disk.read(opened, upTo: SQLiteCopy.magic.count, into: &beginning)
            }
            if beginning == SQLiteCopy.magic { try SQLiteCopy.check(path) }
        }
        return count.addresses.count
    }
}

private struct ParamCount: RecoverySink {
    private(set) var addresses: Set<[UInt8]> = []

    mutating func reset() { addresses = [] }
    mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) {
        addresses.insert(address.copy(0..<address.count))
    }
    mutating func remove(address: Span<UInt8>) { addresses.remove(address.copy(0..<address.count)) }
}
