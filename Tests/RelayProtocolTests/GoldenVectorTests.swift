import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

@Suite struct `Golden vectors` {
    @Test func `there are as many as there were`() throws {
        #expect(try WireCases.valid().count == 309)
        #expect(try WireCases.invalid().count == 117)
    }

    @Test(arguments: try WireCases.valid())
    func `a frame says what its vector says`(vector: WireCases.Valid) throws {
        let frame = try DecodedFrame(vector.frame)
        #expect(MessageNotation.json(of: frame.header) == vector.header)
        let said = WireCases.normalised(try frame.notation()).encoded()
        #expect(
            said == WireCases.normalised(vector.message).encoded(), "it says \(String(decoding: said, as: UTF8.self))")
    }

    @Test(arguments: try WireCases.valid())
    func `a frame is written again in canonical form`(vector: WireCases.Valid) throws {
        #expect(Hex.text(try DecodedFrame(vector.frame).encoded()) == Hex.text(vector.canonical))
    }

    @Test(arguments: try WireCases.valid())
    func `the notation is read back as the canonical payload`(vector: WireCases.Valid) throws {
        let canonical = try DecodedFrame.header(vector.canonical)
        let reader = try NotationReader(vector.message)
        #expect(reader.payload == Array(vector.canonical.suffix(Int(canonical.payload.count))))
        _ = try reader.message()
    }

    @Test(arguments: try WireCases.invalid())
    func `an invalid frame is refused for the right kind of reason`(vector: WireCases.Invalid) throws {
        let error = try #require(throws: WireError.self) { try DecodedFrame(vector.frame) }
        // A frame needs a header and all the bytes, at least one, that the header declares. The rest is the message.
        #expect(error.code == (isWholeFrame(vector.frame) ? 101 : 100), "\(vector.reason): \(error.sentence)")
    }

    private func isWholeFrame(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4, bytes[0] == 0x53 else { return false }
        let length = Int(bytes[2]) << 8 | Int(bytes[3])
        let header = bytes[1] & 0x20 == 0 ? 4 : 12
        return length > 0 && bytes.count >= header + length
    }

    @Test func `a legacy PUBLISH without a signal is an event sent with less care`() throws {
        let vectors = try WireCases.valid()
        let vector = try #require(vectors.first { $0.name == "msgpack-publish-no-signal" })
        #expect(try DecodedFrame(vector.frame).message.defaultQualityOfService == .fire)
        #expect(try NotationReader(vector.message).message().defaultQualityOfService == .confirm)
        let unstated = JSONValue.object((vector.message.object ?? []).filter { $0.key != "signal" })
        #expect(try NotationReader(unstated).message().defaultQualityOfService == .fire)
    }
}
