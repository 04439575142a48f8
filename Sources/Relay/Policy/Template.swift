import RelayProtocol

/// An address, or a scope, with places that are filled in later: `/chat/room/{roomId}/presence/{session}`.
///
/// What is filled in is never looked at again. A segment that somebody named `{session}` stays those nine characters,
/// it does not become the subject of whoever is checked.
package final class Template: Sendable {
    enum Part: Sendable, Equatable {
        case literal([UInt8])
        /// The subject of the session, or the user a scope is made for.
        case subject
        /// A segment of the address that the rule's path matched.
        case segment(Int)
    }

    /// A segment of the template, for reading it backwards.
    enum Segment: Sendable {
        case literal([UInt8])
        /// That segment of the path, and nothing beside it.
        case capture(Int)
        /// Anything: the subject, or a mixture.
        case open
    }

    let text: String
    let parts: [Part]
    let segments: [Segment]
    /// Names in braces that stand for nothing here and stay as they are.
    let unknownNames: [String]

    /// For a rule: `{session}`, then the captures of its path.
    convenience init(_ text: String, path: PathPattern?) {
        self.init(text) { name in
            if name == Array("session".utf8) { return .subject }
            return path?.segment(named: name).map { .segment($0) }
        }
    }

    init(_ text: String, meaning: (_ name: [UInt8]) -> Part?) {
        self.text = text
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var unknownNames: [String] = []
        var literal: [UInt8] = []
        var offset = 0
        while offset < bytes.count {
            // From the last `{` before a `}`: what lies between names a place, or nothing.
            if bytes[offset] == UInt8(ascii: "{"),
                let end = bytes[(offset + 1)...].firstIndex(where: {
                    $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "{")
                }),
                bytes[end] == UInt8(ascii: "}")
            {
                let name = Array(bytes[offset + 1..<end])
                if let part = meaning(name) {
                    if !literal.isEmpty { parts.append(.literal(literal)) }
                    literal = []
                    parts.append(part)
                    offset = end + 1
                    continue
                }
                unknownNames.append(String(decoding: name, as: UTF8.self))
            }
            literal.append(bytes[offset])
            offset += 1
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
        self.unknownNames = unknownNames
        segments = Self.segments(of: parts)
    }

    /// What is filled in holds no `/`, so the segments of the template are those of the address.
    private static func segments(of parts: [Part]) -> [Segment] {
        var pieces: [[Part]] = [[]]
        for part in parts {
            guard case .literal(let bytes) = part else {
                pieces[pieces.count - 1].append(part)
                continue
            }
            for (index, range) in bytes.rawSpan.segmentRanges.enumerated() {
                if index > 0 { pieces.append([]) }
                if !range.isEmpty { pieces[pieces.count - 1].append(.literal(bytes.rawSpan.bytes(range).array)) }
            }
        }
        return pieces.map { piece in
            switch (piece.count, piece.first) {
            case (0, _): .literal([])
            case (1, .literal(let bytes)): .literal(bytes)
            case (1, .segment(let number)): .capture(number)
            default: .open
            }
        }
    }

    var namesSubject: Bool { parts.contains(.subject) }

    var namesCapture: Bool {
        parts.contains { if case .segment = $0 { true } else { false } }
    }

    /// Filled in. `address` is the one that the rule's path matched.
    func filled(subject: RawSpan, address: RawSpan) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(64)
        for part in parts {
            switch part {
            case .literal(let bytes): result.append(contentsOf: bytes)
            case .subject: result.append(contentsOf: subject)
            case .segment(let number):
                if let range = address.segmentRange(number) { result.append(contentsOf: address.bytes(range)) }
            }
        }
        return result
    }
}

extension Array where Element == UInt8 {
    mutating func append(contentsOf bytes: RawSpan) {
        append(addingCapacity: bytes.byteCount) { output in
            for offset in 0..<bytes.byteCount { output.append(bytes.byte(at: offset)) }
        }
    }
}
