internal import CLinux

/// The right to a data directory, held as a lock on the file `lease` for as long as the process lives.
///
/// The file also tells how the last holder left: with its process id inside it did not get to say goodbye.
struct Lease {
    private let files: any FileSystem
    private let file: OpenFile
    /// The last holder wrote everything down before it went.
    let wasReturned: Bool

    static let name = "lease"

    static func take(on directory: String, _ files: any FileSystem) throws(StorageError) -> Lease {
        let path = "\(directory)/\(name)"
        do throws(FileError) {
            let file = try files.open(path, .lease)
            if try files.lock(file) {
                let isEmpty = try files.contents(of: path, limit: 4_096).isEmpty
                return Lease(files: files, file: file, wasReturned: isEmpty)
            }
            files.close(file)
        } catch {
            throw .failed(error)
        }
        let holder = (try? files.contents(of: path, limit: 64)).flatMap { processID(in: $0) }
        throw .inUse(directory: directory, process: holder)
    }

    private static func processID(in text: [UInt8]) -> Int32? {
        Int32(String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self))
    }

    /// From here on files are changed, so the lease says that somebody is at work.
    func mark(_ directory: String) throws(FileError) {
        try files.truncate(file)
        try files.writeAll(file, Array("\(clinux_process_id())\n".utf8))
        try files.sync(file, dataOnly: false)
        try files.syncDirectory(directory)
    }

    /// All is written down.
    func giveBack() throws(FileError) {
        try files.truncate(file)
        try files.sync(file, dataOnly: false)
        files.close(file)
    }

    func drop() { files.close(file) }
}
