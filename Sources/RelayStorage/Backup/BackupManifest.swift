internal import RelayJSON

/// What a backup says about itself: `MANIFEST.json`, its last file.
package struct BackupManifest: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package var name: String
        package var bytes: Int64
        package var sha256: String
    }

    /// Microseconds since 1970.
    package var created: Int64
    /// The last record of the journal that is in it, and the history that this counts in.
    package var sequence: UInt64
    package var epoch: UInt64
    package var files: [File]

    static let name = "MANIFEST.json"
    private static let version: Int64 = 1

    var json: [UInt8] {
        let files = files.map { file -> JSONValue in
            ["name": .string(file.name), "bytes": .int(file.bytes), "sha256": .string(file.sha256)]
        }
        let manifest: JSONValue = [
            "v": .int(Self.version), "created": .int(created), "sequence": .string("\(sequence)"),
            "epoch": .string(Hexadecimal.text(epoch)), "files": .array(files),
        ]
        return manifest.encoded() + [UInt8(ascii: "\n")]
    }

    init(created: Int64, sequence: UInt64, epoch: UInt64, files: [File]) {
        self.created = created
        self.sequence = sequence
        self.epoch = epoch
        self.files = files
    }

    init?(_ text: [UInt8]) {
        guard let json = try? JSONValue(parsing: text, depthLimit: 8), json["v"]?.int == Self.version,
            let created = json["created"]?.int, let sequence = json["sequence"]?.string.flatMap({ UInt64($0) }),
            let epoch = json["epoch"]?.string.flatMap({ UInt64($0, radix: 16) }), let list = json["files"]?.array
        else { return nil }
        var files: [File] = []
        for entry in list {
            guard let name = entry["name"]?.string, let bytes = entry["bytes"]?.int, let sum = entry["sha256"]?.string
            else { return nil }
            files.append(File(name: name, bytes: bytes, sha256: sum))
        }
        self.init(created: created, sequence: sequence, epoch: epoch, files: files)
    }
}
