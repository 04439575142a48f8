import RelayJSON
import RelayProtocol
import Testing

@testable import clasp_relay

@Suite struct `The frames of a client` {
    @Test func `are masked as RFC 6455 shows it`() {
        // §5.7: a masked "Hello", here as binary.
        let frame = WebSocketFrames.frame(.binary, Array("Hello".utf8), mask: 0x37FA_213D)
        #expect(frame == [0x82, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        let middle = WebSocketFrames.frame(.binary, [UInt8](repeating: 0, count: 256), mask: 0)
        #expect(middle.prefix(8) == [0x82, 0xFE, 0x01, 0x00, 0, 0, 0, 0])
        let large = WebSocketFrames.frame(.binary, [UInt8](repeating: 0, count: 65_536), mask: 0)
        #expect(large.prefix(10) == [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0])
    }

    private func events(_ bytes: [UInt8], cutAt cut: Int) throws -> [WebSocketFrames.Event] {
        var frames = WebSocketFrames(maxMessageBytes: 1_000)
        var events: [WebSocketFrames.Event] = []
        for part in [bytes[..<cut], bytes[cut...]] {
            frames.take(Array(part))
            while let event = try frames.next() { events.append(event) }
        }
        return events
    }

    @Test func `are read wherever they are cut`() throws {
        let bytes: [UInt8] =
            [0x82, 0x02, 1, 2] + [0x02, 0x01, 3, 0x89, 0x01, 9, 0x80, 0x01, 4] + [0x8A, 0x00]
            + [0x82, 0x7E, 0x00, 0xC8] + [UInt8](repeating: 7, count: 200)
            + [0x88, 0x05, 0x03, 0xF5] + Array("bye".utf8)
        let expected: [WebSocketFrames.Event] = [
            .message([1, 2]), .ping([9]), .message([3, 4]), .message([UInt8](repeating: 7, count: 200)),
            .close(code: 1_013, reason: "bye"),
        ]
        for cut in 0...bytes.count { #expect(try events(bytes, cutAt: cut) == expected, "cut at \(cut)") }
    }

    @Test(
        arguments: [
            [0xC2, 0x00], [0x82, 0x80, 0, 0, 0, 0], [0x09, 0x00], [0x89, 0x7E, 0, 0], [0x80, 0x00], [0x83, 0x00],
            [0x02, 0x00, 0x82, 0x00], [0x82, 0x7E, 0xFF, 0xFF],
            [0x82, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func `are refused when a server breaks the rules`(bytes: [UInt8]) {
        #expect(throws: ClientError.self) { try events(bytes, cutAt: 0) }
    }
}

@Suite struct `Values on a command line` {
    @Test(arguments: [
        ("null", "null"), ("true", "true"), ("-7", "-7"), ("9223372036854775807", "9223372036854775807"),
        ("0.5", "0.5"), ("1e3", "1000.0"), ("\"5\"", "\"5\""), ("hello world", "\"hello world\""), ("{", "\"{\""),
        ("[1,2.0,\"x\",[null]]", "[1,2.0,\"x\",[null]]"), ("{\"a\":{\"b\":[]}}", "{\"a\":{\"b\":[]}}"), ("", "\"\""),
    ])
    func `are JSON or texts, and come back as they were`(word: String, json: String) throws {
        let notation = try #require(PlainValue.notation(of: PlainValue.read(word)))
        let reader = try NotationReader(["type": "SET", "address": "/a", "value": notation])
        let message = try MessageNotation.json(of: try reader.message(), in: reader.payload.rawSpan)
        #expect(PlainValue.plain(of: try #require(message["value"])).line == json)
    }

    @Test func `that do not fit are refused`() {
        #expect(PlainValue.notation(of: PlainValue.read("18446744073709551615")) == nil)
        #expect(PlainValue.notation(of: PlainValue.read("[18446744073709551615]")) == nil)
    }
}

@Suite struct `A printed subscription` {
    private func param(_ address: String, _ value: Int64, _ revision: Int) -> JSONValue {
        [
            "address": .string(address), "value": ["t": "int", "v": .string(String(value))],
            "revision": .string(String(revision)),
        ]
    }

    private func set(_ address: String, _ value: JSONValue, _ revision: Int) -> JSONValue {
        ["type": "SET", "address": .string(address), "value": value, "revision": .string(String(revision))]
    }

    private func printer(_ patterns: String..., asJSON: Bool = false, limit: Int? = nil) -> SubscriptionPrinter {
        var printer = SubscriptionPrinter(asJSON: asJSON, limit: limit)
        printer.patterns = patterns.compactMap { Pattern($0) }
        return printer
    }

    @Test func `shows what matches, once`() {
        var printer = printer("/a/*", "/a/b")
        let all: JSONValue = ["type": "SNAPSHOT", "params": [param("/a/b", 1, 3), param("/c", 2, 1)]]
        #expect(printer.lines(for: all) == ["/a/b 1"])
        #expect(printer.lines(for: ["type": "SNAPSHOT", "params": [param("/a/b", 1, 3)]]) == [])
        #expect(printer.lines(for: set("/a/b", ["t": "int", "v": "5"], 4)) == ["/a/b 5"])
        #expect(printer.lines(for: ["type": "SNAPSHOT", "params": [param("/a/b", 5, 4)]]) == [])
        // Removed, then begun anew.
        #expect(printer.lines(for: set("/a/b", ["t": "null"], 5)) == ["/a/b null"])
        #expect(printer.lines(for: ["type": "SNAPSHOT", "params": [param("/a/b", 6, 1)]]) == ["/a/b 6"])
        #expect(printer.lines(for: ["type": "PUBLISH", "address": "/a/e", "signal": "event"]) == ["/a/e"])
        #expect(printer.lines(for: ["type": "PONG"]) == [])
    }

    @Test func `ends after as many lines as were asked for`() {
        var printer = printer("/**", limit: 2)
        let three: JSONValue = [
            "type": "SNAPSHOT", "params": [param("/a", 1, 1), param("/b", 1, 1), param("/c", 1, 1)],
        ]
        #expect(printer.lines(for: three) == ["/a 1", "/b 1"])
        #expect(printer.isDone)
    }

    @Test func `is JSON if asked for`() {
        var printer = printer("/**", asJSON: true)
        #expect(
            printer.lines(for: set("/a", ["t": "string", "v": "x"], 4))
                == [#"{"type":"set","address":"/a","value":"x","revision":4}"#])
    }
}
