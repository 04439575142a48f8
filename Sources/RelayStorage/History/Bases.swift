/// Checkpoints that are kept for the past's sake, one for each hour: `bases/<written>-<sequence>.json`, written in
/// microseconds since 1970. Each is a second name of what was `state.json` once.
struct Bases {
    let files: any FileSystem
    let directory: String

    static let name = "bases"
    private static let hour: Int64 = 3_600_000_000

    struct Base: Equatable {
        let name: String
        let written: Int64
        let sequence: UInt64
    }

    /// Oldest first.
    var all: [Base] {
        let names = (try? files.names(in: "\(directory)/\(Self.name)")) ?? []
        return names.compactMap(Self.base).sorted { ($0.written, $0.sequence) < ($1.written, $1.sequence) }
    }

    private static func base(_ name: String) -> Base? {
        guard name.hasSuffix(".json") else { return nil }
        let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let written = Int64(parts[0]), let sequence = UInt64(parts[1]) else { return nil }
        return Base(name: name, written: written, sequence: sequence)
    }

    /// Keeps the checkpoint that is `state.json` now, unless its hour has one.
    func keep(_ head: CheckpointHead) throws(FileError) {
        let hour = head.written / Self.hour
        if all.contains(where: { $0.written / Self.hour == hour }) { return }
        let home = "\(directory)/\(Self.name)"
        try files.makeDirectory(home)
        let (source, name) = ("\(directory)/\(CheckpointFormat.name)", "\(head.written)-\(head.sequence).json")
        do throws(FileError) {
            try files.link(source, to: "\(home)/\(name)")
        } catch  where error.code == FileError.notPermitted || error.code == FileError.notSupported {
            try files.copy(source, to: "\(home)/\(name).tmp")
            try files.rename("\(home)/\(name).tmp", to: "\(home)/\(name)")
        }
        try files.syncDirectory(home)
        try files.syncDirectory(directory)
    }

    /// Drops the bases that nothing of what is kept follows.
    func drop(unlessFollowedBy segments: [SegmentInfo]) {
        var chain = SegmentChain()
        chain.segments = segments
        guard let oldest = segments.first?.first else { return }
        for base in all {
            let path = "\(directory)/\(Self.name)/\(base.name)"
            let isTooOld = base.sequence &+ 1 < oldest
            // Opened only when its name alone leaves a doubt.
            let mayBeGivenUp = segments.contains { $0.created > base.written && $0.first <= base.sequence }
            let isGivenUp =
                mayBeGivenUp
                && CheckpointReader(files: files, path: path, now: 0).head().map { !chain.continues($0) } == true
            if isTooOld || isGivenUp { try? files.remove(path) }
        }
    }
}
