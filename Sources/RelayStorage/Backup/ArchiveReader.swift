/// Takes a backup in as a stream, checks each byte against the manifest at its end, and unpacks it if it is told where.
package struct ArchiveReader: ~Copyable {
    private enum Place {
        case header
        case content(TarHeader, left: Int64)
        /// Zeros up to the next block.
        case padding(Int)
        /// Behind the last file.
        case end
    }

    private let disk = LinuxFileSystem()
    /// Where the files go; nil to check only.
    private let directory: String?
    private let gzip = Gzip(.decompress)
    private var place = Place.header
    private var waiting: [UInt8] = []
    private var open: OpenFile?
    private var digest = ContentDigest()
    private var manifestText: [UInt8] = []
    private var found: [BackupManifest.File] = []

    private static let manifestLimit: Int64 = 16 << 20

    package init(into directory: String?) { self.directory = directory }

    deinit { if let open { disk.close(open) } }

    package mutating func take(_ bytes: [UInt8]) throws(BackupError) {
        var pieces: [[UInt8]] = []
        let isWhole = gzip.pass(bytes) { pieces.append($0) }
        for piece in pieces {
            waiting.append(contentsOf: piece)
            try consume()
        }
        if !isWhole { throw .damaged("it is no gzip data") }
    }

    /// The end of the stream: everything must have been there.
    package mutating func finish() throws(BackupError) -> BackupManifest {
        guard gzip.isAtEnd, case .end = place else { throw .damaged("it is not complete") }
        guard let manifest = BackupManifest(manifestText) else { throw .damaged("its manifest cannot be read") }
        guard manifest.files == found else { throw .damaged("its files are not those of its manifest") }
        return manifest
    }

    private mutating func consume() throws(BackupError) {
        var start = 0
        loop: while true {
            let left = waiting.count - start
            switch place {
            case .header:
                guard left >= TarHeader.blockBytes else { break loop }
                try header(Array(waiting[start..<start + TarHeader.blockBytes]))
                start += TarHeader.blockBytes
            case .content(let header, let missing):
                guard left > 0 || missing == 0 else { break loop }
                let count = Int(min(missing, Int64(left)))
                try content(Array(waiting[start..<start + count]), of: header)
                start += count
                if Int64(count) < missing {
                    place = .content(header, left: missing - Int64(count))
                } else {
                    try end(header)
                }
            case .padding(let count):
                guard left >= count else { break loop }
                start += count
                place = .header
            case .end:
                start = waiting.count
                break loop
            }
        }
        waiting.removeFirst(start)
    }

    private mutating func header(_ block: [UInt8]) throws(BackupError) {
        if block.allSatisfy({ $0 == 0 }) {
            place = .end
            return
        }
        guard let header = TarHeader(block.span), header.isBelow else {
            throw .damaged("it contains what no backup does")
        }
        guard manifestText.isEmpty else { throw .damaged("something follows its manifest") }
        place = .content(header, left: header.size)
        digest = ContentDigest()
        guard header.name != BackupManifest.name else {
            guard header.size <= Self.manifestLimit else { throw .damaged("its manifest is too large") }
            return
        }
        if let directory {
            let path = "\(directory)/\(header.name)"
            open = try onDisk { () throws(FileError) in
                var parents = header.name.split(separator: "/").dropLast()[...]
                var parent = directory
                while let part = parents.popFirst() {
                    parent += "/\(part)"
                    try disk.makeDirectory(parent)
                }
                return try disk.open(path, .new)
            }
        }
    }

    private mutating func content(_ bytes: [UInt8], of header: TarHeader) throws(BackupError) {
        if header.name == BackupManifest.name {
            manifestText += bytes
            return
        }
        digest.add(bytes.span)
        if let open { try onDisk { () throws(FileError) in try disk.writeAll(open, bytes) } }
    }

    private mutating func end(_ header: TarHeader) throws(BackupError) {
        let rest = Int(header.size % Int64(TarHeader.blockBytes))
        place = rest == 0 ? .header : .padding(TarHeader.blockBytes - rest)
        if header.name == BackupManifest.name { return }
        found.append(BackupManifest.File(name: header.name, bytes: header.size, sha256: digest.finish()))
        if let file = open {
            open = nil
            defer { disk.close(file) }
            try onDisk { () throws(FileError) in try disk.sync(file, dataOnly: false) }
        }
    }
}
