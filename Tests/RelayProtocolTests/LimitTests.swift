import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

/// Where the language ends: what lies within is taken, one step further is refused.
@Suite struct `Limits` {
    private func set(_ value: [UInt8], type: UInt8) -> [UInt8] {
        let payload: [UInt8] = [0x21, type, 0, 2, 0x2F, 0x61] + value
        return [0x53, 0x01, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
    }

    /// The data of that many arrays or maps inside each other.
    private func nest(_ levels: Int, maps: Bool) -> [UInt8] {
        var data: [UInt8] = [0, 0]
        for _ in 1..<levels { data = maps ? [0, 1, 0, 1, 0x6B, 0x0B] + data : [0, 1, 0x0A] + data }
        return data
    }

    @Test(arguments: [false, true])
    func `a value may be 64 levels deep`(maps: Bool) throws {
        let type: UInt8 = maps ? 0x0B : 0x0A
        let deepest = try DecodedFrame(set(nest(64, maps: maps), type: type))
        #expect(try deepest.encoded().dropFirst(4) == set(nest(64, maps: maps), type: type).dropFirst(4))
        guard case .set(let message) = deepest.message else { throw WireError.unknownMessageType }
        _ = try Value(message.value, in: deepest.payload.rawSpan)
        #expect(throws: WireError.valueTooDeep) { try DecodedFrame(set(nest(65, maps: maps), type: type)) }
    }

    @Test func `a value in the legacy form may be 64 levels deep`() throws {
        func frame(_ levels: Int) -> [UInt8] {
            let head: [UInt8] = [0x83, 0xA4, 0x74, 0x79, 0x70, 0x65, 0xA3, 0x53, 0x45, 0x54]
            let address: [UInt8] = [0xA7, 0x61, 0x64, 0x64, 0x72, 0x65, 0x73, 0x73, 0xA2, 0x2F, 0x61]
            let value: [UInt8] =
                [0xA5, 0x76, 0x61, 0x6C, 0x75, 0x65] + Array(repeating: 0x91, count: levels - 1) + [0x90]
            let payload = head + address + value
            return [0x53, 0, 0, UInt8(payload.count)] + payload
        }
        _ = try DecodedFrame(frame(64))
        #expect(throws: WireError.valueTooDeep) { try DecodedFrame(frame(65)) }
    }

    @Test func `a value in the notation may be 64 levels deep`() throws {
        func message(_ levels: Int) -> JSONValue {
            var value: JSONValue = ["t": "array", "v": []]
            for _ in 1..<levels { value = ["t": "array", "v": [value]] }
            return ["type": "SET", "address": "/a", "value": value]
        }
        _ = try NotationReader(message(64)).message()
        let reader = try NotationReader(message(65))
        #expect(throws: WireError.valueTooDeep) { try reader.message() }
    }

    private func bundle(_ levels: Int) -> JSONValue {
        var message: JSONValue = ["type": "PING"]
        for _ in 0..<levels { message = ["type": "BUNDLE", "messages": [message]] }
        return message
    }

    @Test func `bundles may be eight deep`() throws {
        let deepest = try NotationReader(bundle(8))
        _ = try deepest.message()
        #expect(throws: NotationError.wire(.bundleTooDeep)) { try NotationReader(bundle(9)) }
        // The same one level deeper, in bytes.
        let inner = deepest.payload
        let payload = [0x30, 0x00, 0x00, 0x01, UInt8(inner.count >> 8), UInt8(inner.count & 0xFF)] + inner
        let frame = [0x53, 0x01, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
        #expect(throws: WireError.bundleTooDeep) { try DecodedFrame(frame) }
    }

    @Test func `legacy bundles may be eight deep`() throws {
        func frame(_ levels: Int) -> [UInt8] {
            let payload = LegacyWriter(bundle(levels)).bytes
            return [0x53, 0x00, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
        }
        _ = try DecodedFrame(frame(8))
        #expect(throws: WireError.bundleTooDeep) { try DecodedFrame(frame(9)) }
    }

    // MARK: Encoding

    @Test func `no buffer but a large enough one will do`() throws {
        for vector in try WireCases.valid() where vector.canonical.count < 512 {
            let frame = try DecodedFrame(vector.frame)
            for room in 0..<vector.canonical.count {
                #expect(throws: WireError.noRoom, "\(vector.name) in \(room) bytes") { try frame.encoded(room: room) }
            }
            #expect(try frame.encoded(room: vector.canonical.count) == vector.canonical, "\(vector.name)")
        }
    }

    @Test func `a text has at most 65,535 bytes`() throws {
        var buffer = [UInt8](repeating: 0, count: 70_000)
        let longest = [UInt8](repeating: 0x61, count: 65_535)
        let count = try buffer.withWriter { writer throws(WireError) in
            try writer.text(longest.rawSpan)
            return writer.count
        }
        #expect(count == 65_537)
        let tooLong = longest + [0x61]
        #expect(throws: WireError.textTooLong) {
            try buffer.withWriter { writer throws(WireError) in try writer.text(tooLong.rawSpan) }
        }
        #expect(throws: WireError.textTooLong) {
            try buffer.withWriter { writer throws(WireError) in try writer.value(.bytes(tooLong)) }
        }
    }

    @Test func `a list has at most 65,535 items`() throws {
        var buffer = [UInt8](repeating: 0, count: 70_000)
        let items = [Value](repeating: .null, count: 65_536)
        #expect(throws: WireError.tooManyItems) {
            try buffer.withWriter { writer throws(WireError) in try writer.value(.array(items)) }
        }
        try buffer.withWriter { writer throws(WireError) in try writer.value(.array(items.dropLast())) }
    }

    /// An array of small integers fills a frame; as i64 it would take nearly five.
    @Test func `a payload that outgrows a frame when written in canonical form is not written`() throws {
        let count = 32_000
        let value = [UInt8(count >> 8), UInt8(count & 0xFF)] + Array(repeating: [0x02, 0x07], count: count).joined()
        let frame = try DecodedFrame(set(value, type: 0x0A))
        #expect(throws: WireError.payloadTooLarge) { try frame.encoded(room: 400_000) }
        #expect(throws: WireError.noRoom) { try frame.encoded() }
    }

    @Test func `a bundled message that outgrows its length is not written`() throws {
        var buffer = [UInt8](repeating: 0, count: 80_000)
        let part = [UInt8](repeating: 0, count: 65_535)
        #expect(throws: WireError.payloadTooLarge) {
            try buffer.withWriter { writer throws(WireError) in
                try writer.bundled { writer throws(WireError) in
                    try writer.append(part.rawSpan)
                    try writer.u8(0)
                }
            }
        }
    }

    @Test func `a writer forgets what its caller takes back`() throws {
        var buffer = [UInt8](repeating: 0, count: 8)
        let count = try buffer.withWriter { writer throws(WireError) in
            try writer.u32(1)
            try writer.u16(2)
            writer.rewind(to: 4)
            writer.rewind(to: 6)
            try writer.u8(3)
            return writer.count
        }
        #expect(count == 5)
        #expect(buffer.prefix(5) == [0, 0, 0, 1, 3])
    }

    /// MessagePack has one byte for what takes nine here.
    @Test func `a legacy message that outgrows a frame is not written, nor taken inside a bundle`() throws {
        let one: JSONValue = ["t": "int", "v": "1"]
        let items = JSONValue.array(Array(repeating: one, count: 20_000))
        let message: JSONValue = ["type": "SET", "address": "/a", "value": ["t": "array", "v": items]]
        func frame(_ message: JSONValue) -> [UInt8] {
            let payload = LegacyWriter(message).bytes
            return [0x53, 0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
        }
        let alone = try DecodedFrame(frame(message))
        #expect(throws: WireError.payloadTooLarge) { try alone.encoded(room: 400_000) }
        #expect(throws: WireError.payloadTooLarge) {
            try DecodedFrame(frame(["type": "BUNDLE", "messages": [message]]))
        }
    }
}
