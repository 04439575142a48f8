/// What a backup is made of, held still while a relay goes on beside it.
///
/// Files of the relay are only ever appended to or replaced, so a second name holds one as it is, and a length that was
/// measured stays true. SQLite files are copied by SQLite. All of it lies in a directory of its own inside the data
/// directory, where the data is at home anyway.
struct BackupSource {
    struct File {
        let name: String
        let path: String
        let size: Int64
    }

    let directory: String
    let scratch: String
    private(set) var files: [File] = []
    private(set) var sequence: UInt64 = 0
    private(set) var epoch: UInt64 = 0

    private let disk = LinuxFileSystem()

    /// What belongs to the past or to one process, or is in nobody's way when it is missing.
    private static let leftOut: Set<String> = [
        CheckpointFormat.name, CheckpointFormat.temporaryName, CheckpointFormat.previousName,
        CheckpointFormat.previousName + ".tmp", SegmentChain.directoryName, Bases.name, Quarantine.name, Lease.name,
        RestoreMark.name, "lost+found",
    ]
    private static let logsOfSQLite = ["-wal", "-shm", "-journal"]

    init(_ directory: String, scratch: String) throws(BackupError) {
        self.directory = directory
        self.scratch = scratch
        let disk = disk
        try onDisk { () throws(FileError) in
            guard try disk.exists(directory) else {
                throw FileError(call: "open", path: directory, code: FileError.missing)
            }
            try disk.makeDirectory(scratch)
        }
        let covered = try holdCheckpoint()
        try holdJournal(after: covered)
        try holdOthers(in: nil)
    }

    /// The checkpoint first: journal that is newer than the one held is never thrown away meanwhile.
    private mutating func holdCheckpoint() throws(BackupError) -> UInt64 {
        let source = "\(directory)/\(CheckpointFormat.name)"
        guard try onDisk({ () throws(FileError) in try disk.exists(source) }) else { return 0 }
        let path = try hold(source, as: CheckpointFormat.name)
        switch CheckpointReader(files: disk, path: path, now: 0).inspect() {
        case .valid(let head):
            (sequence, epoch) = (head.sequence, head.epoch)
        case .foreign, .absent: break
        case .invalid(let reason): throw .damaged("\(CheckpointFormat.name): \(reason)")
        }
        try add(CheckpointFormat.name, path)
        return sequence
    }

    private mutating func holdJournal(after covered: UInt64) throws(BackupError) {
        let chain = try onDisk { () throws(FileError) in try SegmentChain(in: directory, disk) }
        let ends = chain.ends
        for (index, segment) in chain.segments.enumerated() where ends[index] > covered &+ 1 {
            let name = "\(SegmentChain.directoryName)/\(segment.name)"
            let path = try hold("\(directory)/\(name)", as: name)
            var window = SegmentWindow(files: disk, path: path, epoch: segment.epoch)
            var last: UInt64?
            while let record = try onDisk({ () throws(FileError) in try window.next() }) { last = record.sequence }
            // Behind its last whole record a segment that is being written may have half of the next.
            let isLast = index == chain.segments.count - 1
            try add(name, path, size: isLast ? window.offset : nil)
            if let last, last < ends[index] { sequence = max(sequence, last) }
            epoch = segment.epoch
        }
    }

    /// Accounts, keys, files: whatever else lies there.
    private mutating func holdOthers(in folder: String?) throws(BackupError) {
        let path = folder.map { "\(directory)/\($0)" } ?? directory
        for entry in try onDisk({ () throws(FileError) in try disk.names(in: path) }).sorted() {
            if folder == nil, Self.leftOut.contains(entry) || RestoreMark.isSideDirectory(entry) { continue }
            let name = folder.map { "\($0)/\(entry)" } ?? entry
            switch try onDisk({ () throws(FileError) in try disk.kind(of: "\(path)/\(entry)") }) {
            case .directory: try holdOthers(in: name)
            case .file: try holdOther(name)
            case .other, nil: break
            }
        }
    }

    private mutating func holdOther(_ name: String) throws(BackupError) {
        let source = "\(directory)/\(name)"
        var beginning: [UInt8] = []
        try onDisk { () throws(FileError) in
            let file = try disk.open(source, .read)
            defer { disk.close(file) }
            _ = try disk.read(file, upTo: SQLiteCopy.magic.count, into: &beginning)
        }
        if beginning == SQLiteCopy.magic {
            let path = try place(for: name)
            try SQLiteCopy.copy(source, to: path)
            try add(name, path)
        } else if !(try isLogOfSQLite(name)) {
            try add(name, source)
        }
    }

    /// A log beside a file of SQLite is part of what SQLite has copied already.
    private func isLogOfSQLite(_ name: String) throws(BackupError) -> Bool {
        for suffix in Self.logsOfSQLite where name.hasSuffix(suffix) {
            let main = "\(directory)/\(name.dropLast(suffix.count))"
            if try onDisk({ () throws(FileError) in try disk.exists(main) }) { return true }
        }
        return false
    }

    private mutating func add(_ name: String, _ path: String, size: Int64? = nil) throws(BackupError) {
        let measured = try onDisk { () throws(FileError) in try disk.size(of: path) }
        files.append(File(name: name, path: path, size: size ?? measured ?? 0))
    }

    private func hold(_ source: String, as name: String) throws(BackupError) -> String {
        let target = try place(for: name)
        try onDisk { () throws(FileError) in
            do throws(FileError) {
                try disk.link(source, to: target)
            } catch  where error.code == FileError.notPermitted || error.code == FileError.notSupported {
                try disk.copy(source, to: target)
            }
        }
        return target
    }

    private func place(for name: String) throws(BackupError) -> String {
        try onDisk { () throws(FileError) in
            var parent = scratch
            for part in name.split(separator: "/").dropLast() {
                parent += "/\(part)"
                try disk.makeDirectory(parent)
            }
            return "\(scratch)/\(name)"
        }
    }
}
