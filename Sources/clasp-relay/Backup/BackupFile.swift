import RelayStorage

/// A backup as it lies in a directory, decrypted while it is read.
struct BackupFile {
    let path: String
    /// A file with age's secret key.
    let identity: String?

    func read(_ take: ([UInt8]) throws(BackupError) -> Void) throws(BackupError) {
        let disk = LinuxFileSystem()
        let file: OpenFile
        do throws(FileError) {
            file = try disk.open(path, .read)
        } catch {
            throw .failed(error)
        }
        defer { disk.close(file) }
        let encryption = Encryption.allCases.last { path.hasSuffix($0.rawValue) } ?? .none
        if encryption == .none { return try copy(disk, file, take) }
        let filter = try Filter(encryption.decrypting(with: identity), file: file.descriptor, readsFile: true)
        do throws(BackupError) {
            while true {
                let piece = try filter.read()
                if piece.isEmpty { break }
                try take(piece)
            }
        } catch {
            filter.abandon()
            throw error
        }
        try filter.finish()
    }

    private func copy(
        _ disk: LinuxFileSystem, _ file: OpenFile, _ take: ([UInt8]) throws(BackupError) -> Void
    ) throws(BackupError) {
        while true {
            var piece: [UInt8] = []
            do throws(FileError) {
                guard try disk.read(file, upTo: 1 << 20, into: &piece) > 0 else { return }
            } catch {
                throw .failed(error)
            }
            try take(piece)
        }
    }
}
