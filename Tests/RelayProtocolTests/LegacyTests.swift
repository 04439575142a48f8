import RelayJSON
import RelayProtocol
import RelayTestKit
import Testing

/// What is particular to the legacy form: named fields, in any order, some of them optional.
@Suite struct `Legacy messages` {
    /// A frame around a MessagePack map whose values are given as bytes.
    private func frame(_ fields: [(key: String, value: [UInt8])]) -> [UInt8] {
        var payload: [UInt8] = [0x80 | UInt8(fields.count)]
        for field in fields { payload += text(field.key) + field.value }
        return [0x53, 0x00, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
    }

    private func text(_ text: String) -> [UInt8] { [0xA0 | UInt8(text.utf8.count)] + Array(text.utf8) }

    private func notation(_ fields: [(key: String, value: [UInt8])]) throws -> JSONValue {
        try DecodedFrame(frame(fields)).notation()
    }

    private let null: [UInt8] = [0xC0]

    @Test func `fields come in any order and unknown ones are passed over`() throws {
        let message = try notation([
            ("pattern", text("/a")), ("colour", [0x92, 0x01, 0x81, 0x01, 0x02]), ("type", text("QUERY")),
        ])
        #expect(message == ["type": "QUERY", "pattern": "/a"])
    }

    @Test func `a field that occurs twice is refused`() {
        #expect(throws: WireError.duplicateField) {
            try DecodedFrame(frame([("type", text("GET")), ("address", text("/a")), ("address", text("/b"))]))
        }
        #expect(throws: WireError.duplicateField) {
            try DecodedFrame(frame([("type", text("PING")), ("type", text("PING"))]))
        }
    }

    @Test func `nil is as good as absent where a field is optional`() throws {
        let message = try notation([
            ("type", text("PUBLISH")), ("address", text("/a")), ("signal", null), ("value", null), ("payload", [0x07]),
            ("samples", null), ("id", null), ("phase", null), ("timestamp", null), ("rate", null),
        ])
        #expect(message["value"]?["v"] == "7")
        #expect(message["signal"] == "event")
        #expect(message["id"] == nil && message["timestamp"] == nil && message["rate"] == nil)
        #expect(throws: WireError.missingField) { try notation([("type", text("GET")), ("address", null)]) }
    }

    @Test func `nil is a value for SET`() throws {
        let message = try notation([("type", text("SET")), ("address", text("/a")), ("value", null)])
        #expect(message["value"] == ["t": "null"])
    }

    @Test func `value comes before payload, and payload before samples`() throws {
        let fields: [(key: String, value: [UInt8])] = [
            ("type", text("PUBLISH")), ("address", text("/a")), ("samples", [0x91, 0x03]), ("payload", [0x02]),
            ("value", [0x01]),
        ]
        #expect(try notation(fields)["value"]?["v"] == "1")
        #expect(try notation(fields.dropLast())["value"]?["v"] == "2")
        #expect(try notation(fields.dropLast(2))["samples"]?[0]?["v"] == "3.0")
    }

    @Test func `binary stays binary`() throws {
        let message = try notation([
            ("type", text("SET")), ("address", text("/a")), ("value", [0xC4, 0x02, 0x61, 0x62]),
        ])
        #expect(message["value"] == ["t": "bytes", "hex": "6162"])
    }

    @Test func `an integer beyond i64 becomes a float`() throws {
        let message = try notation([
            ("type", text("SET")), ("address", text("/a")), ("value", [0xCF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ])
        #expect(message["value"]?["bits"] == "43e0000000000000")
    }

    @Test(arguments: [("op", [0x02]), ("op", [0xAC] + Array("request_sync".utf8))])
    func `a federation operation goes by number or name`(key: String, value: [UInt8]) throws {
        #expect(try notation([("type", text("FEDERATION_SYNC")), (key, value)])["op"] == "request_sync")
    }

    @Test func `only a HELLO says that it is a router`() throws {
        let features: [UInt8] = [0x92] + text("federation") + text("event")
        let welcome = try DecodedFrame(
            frame([
                ("type", text("WELCOME")), ("version", [1]), ("session", text("s")), ("name", text("n")),
                ("time", [1]), ("features", features),
            ]))
        #expect(try welcome.notation()["features"] == ["event"])
        #expect(Array(try welcome.encoded().dropFirst(4)) == welcome.payload)
        let hello = try notation([
            ("type", text("HELLO")), ("version", [1]), ("name", text("n")), ("features", features),
        ])
        #expect(hello["features"] == ["event", "federation"])
    }

    static let wrong: [(type: String, key: String, value: [UInt8])] = [
        ("GET", "address", [0x01]), ("UNSUBSCRIBE", "id", [0xFF]), ("UNSUBSCRIBE", "id", [0xA1, 0x31]),
        ("PUBLISH", "samples", [0x01]), ("PUBLISH", "samples", [0x91, 0xA1, 0x31]), ("PUBLISH", "phase", [0xA1, 0x31]),
        ("PUBLISH", "signal", [0xA1, 0x31]), ("SUBSCRIBE", "types", [0x01]),
        ("SUBSCRIBE", "types", [0x91, 0xA1, 0x31]),
        ("SUBSCRIBE", "options", [0x90]), ("SET", "ttl", [0x05]), ("SET", "lock", [0x01]),
        ("SET", "ttl", [0x81, 0xA7] + Array("Sliding".utf8) + [0xCE, 0x80, 0, 0, 0]),
        ("FEDERATION_SYNC", "patterns", [0x01]), ("FEDERATION_SYNC", "revisions", [0x90]),
        ("HELLO", "features", [0x01]), ("BUNDLE", "messages", [0x80]), ("SNAPSHOT", "params", [0x80]),
    ]

    @Test(arguments: wrong)
    func `a field of the wrong type is refused`(type: String, key: String, value: [UInt8]) {
        var fields: [(key: String, value: [UInt8])] = [
            ("type", text(type)), ("address", text("/a")), ("value", [0x01]), ("id", [0x01]), ("pattern", text("/a")),
            ("version", [0x01]), ("name", text("n")), ("op", [0x01]),
        ]
        // A PUBLISH looks at its samples only when there is no value.
        fields.removeAll { $0.key == key || (type == "PUBLISH" && $0.key == "value") }
        #expect(throws: WireError.unexpectedLegacyValue) { try DecodedFrame(frame(fields + [(key, value)])) }
    }

    @Test func `an unknown federation operation is refused`() {
        #expect(throws: WireError.unknownOperation) {
            try DecodedFrame(frame([("type", text("FEDERATION_SYNC")), ("op", [0x05])]))
        }
    }
}
