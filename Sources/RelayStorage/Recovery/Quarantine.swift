/// Where files go that cannot be trusted: `quarantine/`, each with a note of the reason beside it. Nothing in there is
/// ever read or removed by the relay.
struct Quarantine {
    let files: any FileSystem
    let directory: String
    /// Microseconds since 1970; part of the names, so that nothing in there is replaced.
    let now: Int64

    static let name = "quarantine"
    private static let note = ".reason.txt"

    /// Moves a file there.
    func take(_ finding: Finding) throws(FileError) {
        let target = try place(for: finding)
        try files.rename("\(directory)/\(finding.file)", to: target)
        try finish(finding, target)
    }

    /// Keeps a second name, or a copy, of a file whose beginning is still needed.
    func copy(_ finding: Finding) throws(FileError) {
        let source = "\(directory)/\(finding.file)"
        let target = try place(for: finding)
        do throws(FileError) {
            try files.link(source, to: target)
        } catch  where error.code == FileError.notPermitted || error.code == FileError.notSupported {
            let content = try files.contents(of: source, limit: 1 << 30)
            let file = try files.open(target, .new)
            defer { files.close(file) }
            try files.writeAll(file, content)
            try files.sync(file, dataOnly: false)
        }
        try finish(finding, target)
    }

    /// How many files are there.
    static func count(in directory: String, _ files: any FileSystem) -> Int {
        let names = (try? files.names(in: "\(directory)/\(name)")) ?? []
        return names.count { !$0.hasSuffix(note) }
    }

    private func place(for finding: Finding) throws(FileError) -> String {
        let home = "\(directory)/\(Self.name)"
        try files.makeDirectory(home)
        let base = finding.file.split(separator: "/").last.map(String.init) ?? "file"
        for attempt in 0..<1_000 {
            let path = "\(home)/\(base).\(now)" + (attempt == 0 ? "" : "-\(attempt)")
            if try !files.exists(path) { return path }
        }
        throw FileError(call: "rename", path: "\(home)/\(base)", code: FileError.exists)
    }

    private func finish(_ finding: Finding, _ target: String) throws(FileError) {
        let note = try files.open(target + Self.note, .truncated)
        defer { files.close(note) }
        try files.writeAll(note, Array("\(finding)\n".utf8))
        try files.sync(note, dataOnly: false)
        try files.syncDirectory("\(directory)/\(Self.name)")
    }
}
