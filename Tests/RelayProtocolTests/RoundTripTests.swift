import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

/// Random messages survive: notation to bytes and back, in binary and in the legacy form.
///
/// A failure names its seed; put it into `seeds` to replay it.
@Suite struct `Random messages` {
    private static let messagesPerSeed = 60
    static let seeds: [UInt64] = (1...20).map { $0 &* 0x9E37_79B9_7F4A_7C15 }

    private func frame(_ payload: [UInt8]) -> [UInt8] {
        [0x53, 0x01, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
    }

    @Test(arguments: MessageType.allCases, seeds)
    func `a message comes back as it was written`(type: MessageType, seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed &+ UInt64(type.rawValue))
        for number in 0..<Self.messagesPerSeed {
            let message = generator.message(of: type)
            let written = try NotationReader(message)
            let decoded = try DecodedFrame(frame(written.payload))
            let said = try decoded.notation().encoded()
            try #require(said == message.encoded(), "seed \(seed), \(type), message \(number)")
            let again = try decoded.encoded()
            try #require(Array(again.dropFirst(4)) == written.payload, "seed \(seed), \(type), message \(number)")
        }
    }

    @Test(arguments: MessageType.allCases, seeds)
    func `a legacy message says what its binary form says`(type: MessageType, seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed ^ UInt64(type.rawValue))
        for number in 0..<Self.messagesPerSeed {
            let message = generator.message(of: type)
            let decoded = try DecodedFrame(frame(LegacyWriter(message).bytes))
            try #require(decoded.isLegacy)
            let understood = LegacyWriter.asSent(message)
            let expected = WireCases.normalised(understood).encoded()
            let said = WireCases.normalised(try decoded.notation()).encoded()
            try #require(said == expected, "seed \(seed), \(type), message \(number)")
            let payload = try NotationReader(understood).payload
            try #require(decoded.payload == payload, "seed \(seed), \(type), message \(number)")
        }
    }

    @Test(arguments: seeds)
    func `a random message with random damage does no harm`(seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed)
        for number in 0..<300 {
            let message = generator.message(of: generator.pick(MessageType.allCases))
            var bytes = frame(
                generator.pick([true, false]) ? LegacyWriter(message).bytes : try NotationReader(message).payload)
            for _ in 0..<Int.random(in: 1...3, using: &generator.random) {
                let index = Int.random(in: 0..<bytes.count, using: &generator.random)
                bytes[index] = UInt8.random(in: 0...255, using: &generator.random)
            }
            guard let decoded = try? DecodedFrame(bytes), let again = try? decoded.encoded(qualityOfService: .fire)
            else { continue }
            let second = try DecodedFrame(again).encoded(qualityOfService: .fire)
            try #require(second == again, "seed \(seed), message \(number)")
        }
    }
}
