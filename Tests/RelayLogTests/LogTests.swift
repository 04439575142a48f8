import RelayJSON
import RelayLog
import RelayThreads
import Testing

/// What a log has written, line by line.
private final class Recorder: Sendable {
    private let text = Monitor<[UInt8]>([])
    func take(_ bytes: [UInt8]) { text.withLock { $0 += bytes } }
    var lines: [String] {
        String(decoding: text.withLock { $0 }, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

private let instant: Int64 = 1_763_692_020_123_456

private func written(_ line: LogLine, filter: String = "trace", _ body: (LogWriter) throws -> Void) throws -> [String] {
    let recorder = Recorder()
    let writer = LogWriter(line, filter: try LogFilter(parsing: filter), clock: { instant }) { recorder.take($0) }
    try body(writer)
    writer.stop(within: .seconds(60))
    return recorder.lines
}

@Test func `a line of text has time, level, room, sentence and fields`() throws {
    let lines = try written(LogLine(.text)) { writer in
        writer.log(for: "relay.net").info(
            "client connected",
            [
                LogField("session", "abc"), LogField("count", 3), LogField("name", "two words\n\u{202E}x"),
                LogField("open", true), LogField("took", .milliseconds(1500)), LogField("token", "abc"),
            ])
        writer.log(for: "relay").error("out of luck")
    }
    #expect(
        lines == [
            #"2025-11-21T02:27:00.123456Z INFO  relay.net: client connected session=abc count=3 "#
                + #"name="two words\n\u{202e}x" open=true took=1500.0 token="…""#,
            "2025-11-21T02:27:00.123456Z ERROR relay: out of luck",
        ])
}

@Test func `a JSON line is JSON whatever it carries`() throws {
    let lines = try written(LogLine(.json)) { writer in
        writer.log(for: "relay.net").warn(
            "odd", [LogField("text", "\"\n\u{0} é😀"), LogField("number", -1.5), LogField("url", "http://u:p@h/")])
        writer.log(for: "relay.net").debug("bare")
    }
    let first = try JSONValue(parsing: lines[0])
    #expect(first["ts"] == "2025-11-21T02:27:00.123456Z")
    #expect(first["level"] == "warn")
    #expect(first["room"] == "relay.net")
    #expect(first["msg"] == "odd")
    #expect(first["fields"]?["text"] == "\"\n\u{0} é😀")
    #expect(first["fields"]?["number"] == -1.5)
    #expect(first["fields"]?["url"] == "http://…@h/")
    #expect(try JSONValue(parsing: lines[1])["fields"] == nil)
}

@Test func `systemd reads the severity in front`() throws {
    let lines = try written(LogLine(.text, hasPriority: true)) { writer in
        let log = writer.log(for: "relay")
        log.error("e")
        log.warn("w")
        log.info("i")
        log.debug("d")
        log.trace("t")
    }
    #expect(lines.map { $0.prefix(3) } == ["<3>", "<4>", "<6>", "<7>", "<7>"])
}

@Test func `the filter holds, costs no fields when it says no, and changes at run time`() throws {
    let lines = try written(LogLine(.text), filter: "warn,relay.hub=debug") { writer in
        let net = writer.log(for: "relay.net")
        let hub = writer.log(for: "relay.hub")
        net.info(
            "never",
            {
                Issue.record("fields of a line that is off"); return []
            }())
        hub.debug("one")
        #expect(!net.isOn(.info))
        writer.use(try LogFilter(parsing: "off,relay.net=trace"))
        hub.error("never")
        net.trace("two")
    }
    #expect(lines.count == 2)
    #expect(lines[0].hasSuffix("one"))
    #expect(lines[1].hasSuffix("two"))
}

@Test func `an output that blocks stops nobody, and what was dropped is told`() throws {
    let gate = Monitor(false)
    let recorder = Recorder()
    let writer = LogWriter(LogLine(.text), filter: LogFilter(), maxEvents: 100, clock: { instant }) { bytes in
        gate.wait { $0 ? true : nil }
        recorder.take(bytes)
    }
    let log = writer.log(for: "relay")
    let count = 1_000
    for _ in 0..<count { log.info("line") }
    #expect(writer.dropped >= 800)
    #expect(!writer.flush(within: .milliseconds(1)))
    gate.change { $0 = true }
    writer.stop(within: .seconds(60))
    let lines = recorder.lines
    #expect(lines.filter { $0.hasSuffix(": line") }.count == count - writer.dropped)
    let told = lines.compactMap { $0.split(separator: "count=").last.flatMap { Int($0) } }
    #expect(told.reduce(0, +) == writer.dropped)
}

@Test func `long texts are bounded in bytes, too`() {
    let gate = Monitor(false)
    let writer = LogWriter(LogLine(.text), filter: LogFilter(), maxBytes: 50_000, clock: { instant }) { _ in
        gate.wait { $0 ? true : nil }
    }
    let log = writer.log(for: "relay")
    for _ in 0..<100 { log.info("line", [LogField("text", String(repeating: "x", count: 100_000))]) }
    #expect(writer.dropped > 70)
    gate.change { $0 = true }
    writer.stop(within: .seconds(60))
}

@Test(arguments: [
    (0, "1970-01-01T00:00:00.000000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
    (2_147_483_648_000_001, "2038-01-19T03:14:08.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
    (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
])
func `instants are written as RFC 3339`(microseconds: Int64, expected: String) {
    #expect(Timestamp.text(of: microseconds) == expected)
}
