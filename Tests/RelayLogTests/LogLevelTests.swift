import RelayLog
import Testing

@Test func `levels are ordered from chatty to urgent`() {
    #expect(LogLevel.allCases == LogLevel.allCases.sorted())
}
