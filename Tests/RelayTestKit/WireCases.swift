package import RelayJSON
import RelayProtocol

/// The golden vectors: frames of existing clients with what they say, and frames that say nothing.
package enum WireCases {
    /// The file is no list of vectors.
    package struct Fault: Error {
        package let line: Int
        package let file: String
    }

    /// A frame that must decode.
    package struct Valid: Sendable, CustomStringConvertible {
        package let name: String
        package let frame: [UInt8]
        package let header: JSONValue
        package let message: JSONValue
        /// Whether the frame is as we would write it.
        package let isCanonical: Bool
        /// The frame that we write for it.
        package let canonical: [UInt8]

        package var description: String { name }
    }

    /// A frame that must be refused.
    package struct Invalid: Sendable, CustomStringConvertible {
        package let name: String
        package let frame: [UInt8]
        package let reason: String

        package var description: String { name }
    }

    package static func valid() throws -> [Valid] {
        try lines(of: "vectors.jsonl") { json in
            guard let name = json["name"]?.string, let frame = bytes(json["hex"]), let header = json["frame"],
                let message = json["message"], let isCanonical = json["canonical"]?.bool,
                let canonical = isCanonical ? frame : bytes(json["reencode"])
            else { return nil }
            return Valid(
                name: name, frame: frame, header: header, message: message, isCanonical: isCanonical,
                canonical: canonical)
        }
    }

    package static func invalid() throws -> [Invalid] {
        try lines(of: "vectors-invalid.jsonl") { json in
            guard let name = json["name"]?.string, let frame = bytes(json["hex"]), let reason = json["why"]?.string
            else { return nil }
            return Invalid(name: name, frame: frame, reason: reason)
        }
    }

    /// A message in the notation with its members in one order, so that two can be compared by their bytes.
    /// (`String` takes a composed and a decomposed é for equal, which would hide a fault.)
    package static func normalised(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let items): .array(items.map(normalised))
        case .object(let members):
            .object(
                members.map { JSONMember($0.key, normalised($0.value)) }.sorted { $0.key < $1.key })
        default: json
        }
    }

    private static func bytes(_ json: JSONValue?) -> [UInt8]? { json?.string.flatMap { Hex.bytes(Array($0.utf8)) } }

    private static func lines<Vector>(
        of file: String, _ read: (JSONValue) throws -> Vector?
    ) throws -> [Vector] {
        let text = Array(try PackageFiles.text(at: PackageFiles.root + "/Tests/Golden/" + file).utf8)
        var vectors: [Vector] = []
        for (index, line) in text.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let vector = try read(try JSONValue(parsing: Array(line), depthLimit: 256)) else {
                throw Fault(line: index + 1, file: file)
            }
            vectors.append(vector)
        }
        return vectors
    }
}
