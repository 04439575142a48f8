import RelayLog
import Testing

@Test func `levels are ordered from chatty to urgent`() {
    #expect(LogLevel.allCases == LogLevel.allCases.sorted())
}

@Test(arguments: [
    ("", "relay.net", "info"), ("debug", "relay.net", "debug"), ("WARN", "relay.net", "warn"),
    ("info,relay.net=debug", "relay.net", "debug"), ("info,relay.net=debug", "relay.hub", "info"),
    ("info,relay=warn,relay.net=trace", "relay.net.http", "trace"),
    ("info,relay.net=trace,relay=warn", "relay.net", "trace"),
    ("relay.net=debug", "relay.network", "info"), ("error,relay.hub", "relay.hub", "trace"),
    ("debug,relay.hub=off", "relay.hub", "off"), ("off", "relay", "off"), ("off,relay=error", "relay", "error"),
    (" info , relay.net = debug ,", "relay.net", "debug"), ("relay.net=debug,relay.net=warn", "relay.net", "warn"),
])
func `the most specific rule decides`(text: String, room: String, expected: String) throws {
    let threshold = try LogFilter(parsing: text).threshold(for: room)
    for level in LogLevel.allCases {
        let least = LogLevel(named: expected)
        #expect(threshold.lets(level) == (least.map { level >= $0 } ?? false))
    }
}

@Test(arguments: ["verbose", "relay.net=loud", "=debug", "a=b=c", "relay.net=", "info;debug", "relay net=debug"])
func `a filter that cannot be understood is explained`(text: String) {
    let error = #expect(throws: LogFilterError.self) { try LogFilter(parsing: text) }
    #expect(error?.description.contains("'\(error?.directive ?? "")'") == true)
    #expect(error?.description.contains("off, error, warn, info, debug, trace") == true)
}
