/// Writes a backup as a stream: files, then the manifest over them, as tar, compressed.
struct ArchiveWriter {
    private let gzip = Gzip(.compress)

    typealias Sink = ([UInt8]) throws(BackupError) -> Void

    /// Adds the first `size` bytes of a file.
    func add(
        _ name: String, size: Int64, time: Int64, from path: String, _ disk: LinuxFileSystem, to sink: Sink
    ) throws(BackupError) -> BackupManifest.File {
        try begin(name, size: size, time: time, sink)
        let file = try onDisk { () throws(FileError) in try disk.open(path, .read) }
        defer { disk.close(file) }
        let digest = ContentDigest()
        var left = size
        while left > 0 {
            var bytes: [UInt8] = []
            let count = try onDisk { () throws(FileError) in
                try disk.read(file, upTo: Int(min(left, 1 << 20)), into: &bytes)
            }
            guard count > 0 else { throw .damaged("\(name) has become shorter while it was read") }
            left -= Int64(count)
            digest.add(bytes.span)
            try put(bytes, sink)
        }
        try pad(size, sink)
        return BackupManifest.File(name: name, bytes: size, sha256: digest.finish())
    }

    func finish(_ manifest: BackupManifest, to sink: Sink) throws(BackupError) {
        let text = manifest.json
        try begin(BackupManifest.name, size: Int64(text.count), time: manifest.created / 1_000_000, sink)
        try put(text, sink)
        try pad(Int64(text.count), sink)
        try put([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes), sink)
        guard try gzip.pass([], isLast: true, to: sink) else { throw .damaged("it could not be compressed") }
    }

    private func begin(_ name: String, size: Int64, time: Int64, _ sink: Sink) throws(BackupError) {
        guard let header = TarHeader(name: name, size: size, time: time).bytes else {
            throw .failed(FileError(call: "archive", path: name, code: FileError.tooLarge))
        }
        try put(header, sink)
    }

    private func pad(_ size: Int64, _ sink: Sink) throws(BackupError) {
        let rest = Int(size % Int64(TarHeader.blockBytes))
        if rest > 0 { try put([UInt8](repeating: 0, count: TarHeader.blockBytes - rest), sink) }
    }

    private func put(_ bytes: [UInt8], _ sink: Sink) throws(BackupError) {
        guard try gzip.pass(bytes, to: sink) else { throw .damaged("it could not be compressed") }
    }
}
