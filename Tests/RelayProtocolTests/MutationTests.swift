import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

/// Bytes that somebody cut or changed: whatever they are now, nothing traps, and what still decodes is sound.
@Suite struct `Mutated vectors` {
    /// What decodes must be writable, unless its canonical form is too large, and then say the same again.
    private func check(_ bytes: [UInt8], _ what: @autoclosure () -> String) throws {
        guard let frame = try? DecodedFrame(bytes) else { return }
        let again: [UInt8]
        do throws(WireError) {
            // A legacy PUBLISH without a signal is sent with less care than the same one in binary.
            again = try frame.encoded(qualityOfService: .fire)
        } catch {
            #expect(error == .payloadTooLarge || error == .noRoom, "\(what())")
            return
        }
        let second = try DecodedFrame(again)
        let same = try second.encoded(qualityOfService: .fire) == again
        #expect(same, "\(what()): its canonical form is not stable")
        // The notation of a large message costs more than it shows.
        guard bytes.count < 512 else { return }
        let binary = try MessageNotation.json(of: frame.message, in: frame.payload.rawSpan)
        let agrees = canonicalWire(binary).encoded() == canonicalWire(try second.notation()).encoded()
        #expect(agrees, "\(what()): it says something else when written again")
    }

    /// What canonical form changes: wire types, and a mention of options that nobody knows.
    private func canonicalWire(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let items): .array(items.map(canonicalWire))
        case .object(let members):
            .object(
                members.filter { $0.key != "wire" && ($0.key != "options" || $0.value != .object([])) }
                    .map { JSONMember($0.key, canonicalWire($0.value)) })
        default: json
        }
    }

    @Test(arguments: try WireCases.valid())
    func `a vector cut at any index is refused`(vector: WireCases.Valid) throws {
        let whole = try DecodedFrame.header(vector.frame)
        let end = Int(whole.payload.start + whole.payload.count)
        for length in 0..<end {
            let error = #expect(throws: WireError.self) { try DecodedFrame.header(Array(vector.frame[..<length])) }
            if error?.code != 100 { Issue.record("cut at \(length): \(String(describing: error))") }
        }
    }

    @Test(arguments: try WireCases.valid())
    func `a payload cut at any index and declared so does no harm`(vector: WireCases.Valid) throws {
        let start = Int(try DecodedFrame.header(vector.frame).payload.start)
        for length in stride(from: 0, to: vector.frame.count - start, by: step(for: vector.frame)) {
            var bytes = Array(vector.frame[..<(start + length)])
            bytes[2] = UInt8(length >> 8)
            bytes[3] = UInt8(length & 0xFF)
            try check(bytes, "\(vector.name) cut at \(length)")
        }
    }

    @Test(arguments: try WireCases.valid())
    func `a vector with any byte changed does no harm`(vector: WireCases.Valid) throws {
        try flipEveryByte(of: vector.frame, vector.name)
    }

    @Test(arguments: try WireCases.invalid())
    func `an invalid frame with any byte changed does no harm`(vector: WireCases.Invalid) throws {
        try flipEveryByte(of: vector.frame, vector.name)
    }

    private func flipEveryByte(of frame: [UInt8], _ name: String) throws {
        var bytes = frame
        for index in stride(from: 0, to: frame.count, by: step(for: frame)) {
            for value: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
                bytes[index] = value
                try check(bytes, "\(name), byte \(index) = \(value)")
            }
            bytes[index] = frame[index]
        }
    }

    /// One vector is a text of 64 KB. Without the optimiser its bytes are sampled, at all alignments;
    /// `swift test -c release` takes every one.
    private func step(for frame: [UInt8]) -> Int {
        #if DEBUG
        frame.count < 8_192 ? 1 : 61
        #else
        1
        #endif
    }
}
