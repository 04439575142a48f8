package import RelayThreads

/// Writes metrics in the text format of Prometheus, version 0.0.4.
package struct PrometheusText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A metric without labels.
    package mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, help, .gauge)
        sample(name, value: value)
    }

    package mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        gauge(name, help, Double(value))
    }

    package mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
        counter(name, help, Double(value))
    }

    package mutating func counter(_ name: String, _ help: String, _ value: Double) {
        family(name, help, .counter)
        sample(name, value: value)
    }

    /// A metric with one label, whose values are few and known.
    package mutating func family(
        _ name: String, _ help: String, _ kind: Kind, by label: String, _ samples: [(label: String, value: UInt64)]
    ) {
        family(name, help, kind)
        for (text, value) in samples { sample(name, [(label, text)], value: Double(value)) }
    }

    /// `scale` turns the unit of the histogram into the one of its name.
    package mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram, scale: Double = 1) {
        family(name, help, .histogram)
        for (bound, count) in histogram.cumulated {
            sample(name + "_bucket", [("le", Self.text(Double(bound) * scale))], value: Double(count))
        }
        sample(name + "_bucket", [("le", "+Inf")], value: Double(histogram.count))
        sample(name + "_sum", value: Double(histogram.sum) * scale)
        sample(name + "_count", value: Double(histogram.count))
    }

    package mutating func family(_ name: String, _ help: String, _ kind: Kind) {
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        bytes.append(contentsOf: "# HELP \(name) \(escaped)\n# TYPE \(name) \(kind.rawValue)\n".utf8)
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], value: Double) {
        bytes.append(contentsOf: name.utf8)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
            bytes.append(contentsOf: "{\(pairs.joined(separator: ","))}".utf8)
        }
        bytes.append(contentsOf: " \(Self.text(value))\n".utf8)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Whole numbers without a fraction.
    static func text(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }
}
