/// A fact beside the sentence: `session=abc`. The keys are vocabulary, gathered by each room in one extension.
package struct LogField: Sendable {
    package enum Value: Sendable {
        case text(String)
        case int(Int64)
        case double(Double)
        case bool(Bool)
    }

    let key: StaticString
    let value: Value

    package init(_ key: StaticString, _ value: Value) {
        self.key = key
        self.value = value
    }

    /// Longer texts are cut: one hostile value must not fill the queue.
    package static let maxTextBytes = 4_096

    package init(_ key: StaticString, _ text: String) {
        guard text.utf8.count > Self.maxTextBytes else {
            self.init(key, .text(text))
            return
        }
        self.init(key, .text(String(decoding: text.utf8.prefix(Self.maxTextBytes), as: UTF8.self) + "…"))
    }

    package init(_ key: StaticString, _ number: some BinaryInteger) {
        self.init(key, .int(Int64(clamping: number)))
    }

    package init(_ key: StaticString, _ number: Double) { self.init(key, .double(number)) }
    package init(_ key: StaticString, _ truth: Bool) { self.init(key, .bool(truth)) }
    /// In milliseconds, the unit of everything that an operator compares.
    package init(_ key: StaticString, _ time: Duration) {
        let (seconds, attoseconds) = time.components
        self.init(key, .double(Double(seconds) * 1_000 + Double(attoseconds / 1_000_000_000_000) / 1_000))
    }

    /// An estimate for the bound of the queue.
    var cost: Int {
        if case .text(let text) = value { return 48 + text.utf8.count }
        return 48
    }
}
