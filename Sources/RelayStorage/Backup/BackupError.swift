/// Why a backup or a restore came to nothing. Whatever was there before is still there.
package enum BackupError: Error, Equatable, CustomStringConvertible {
    case failed(FileError)
    /// The archive is not whole, or not one of ours.
    case damaged(String)
    case database(file: String, reason: String)
    /// The directory is in use, or cannot be taken.
    case refused(StorageError)
    /// The program that encrypts or decrypts.
    case cipher(String)

    package var description: String {
        switch self {
        case .failed(let error): error.description
        case .damaged(let reason): "the backup is damaged: \(reason)"
        case .database(let file, let reason): "\(file): \(reason)"
        case .refused(let error): error.description
        case .cipher(let reason): reason
        }
    }
}

/// Runs what may fail for the disk's sake, with the error that this folder speaks of.
func onDisk<Result>(_ body: () throws(FileError) -> Result) throws(BackupError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .failed(error)
    }
}
