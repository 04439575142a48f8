/// The file `state.json`, in one place for its writer and its reader:
///
///     {"v":2,"epoch":"…","sequence":7,"clean":false,"written":…,"params":[
///     {"address":"/a","value":1.0,"revision":3,"writer":"s1","timestamp":…,"ttl":{"sliding":60}},
///     …
///     ],"count":1,"crc32c":"0123abcd"}
///
/// A superset of the reference's `{"params":[…]}`, so either relay opens the other's file. One param to a line: what
/// is damaged can be read around. The checksum covers every byte in front of its own member, and the end of the file
/// has one possible spelling only, so no changed bit goes unseen.
enum CheckpointFormat {
    static let version: Int64 = 2
    static let name = "state.json"
    static let temporaryName = "state.json.tmp"
    static let previousName = "state.json.prev"

    /// How one of ours begins, whatever its version.
    static let beginning = Array(#"{"v":"#.utf8)
    /// `,"crc32c":"01234567"}` and a line feed.
    static let endingCount = 22

    static func ending(_ checksum: UInt32) -> [UInt8] {
        let digits = String(checksum, radix: 16)
        return Array(",\"crc32c\":\"\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)\"}\n".utf8)
    }

    /// Params: the object, the array, the param; values: each level may be wrapped in a mark.
    static let depthLimit = 4 + 2 * (ValueType.depthLimit + 1)
    /// An address or text of 65,535 bytes, each written as six.
    static let tokenLimit = 1 << 20
}

/// What a checkpoint says about itself.
package struct CheckpointHead: Sendable, Equatable {
    /// Everything up to this record of the journal is in it.
    package var sequence: UInt64
    /// The history that `sequence` counts in.
    package var epoch: UInt64
    /// Written by a relay that stopped in good order and had nothing more to say.
    package var isClean: Bool
    /// Microseconds since 1970.
    package var written: Int64

    package init(sequence: UInt64, epoch: UInt64, isClean: Bool, written: Int64) {
        self.sequence = sequence
        self.epoch = epoch
        self.isClean = isClean
        self.written = written
    }
}

enum Hexadecimal {
    static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
