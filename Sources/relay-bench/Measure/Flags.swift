/// One option of a command, with what it is without being given.
struct Flag {
    let name: String
    let placeholder: String
    let standard: String
    let help: String

    init(_ name: String, _ placeholder: String, _ standard: String = "", _ help: String) {
        (self.name, self.placeholder, self.standard, self.help) = (name, placeholder, standard, help)
    }

    var line: String {
        let synopsis = "  --\(name) \(placeholder)".padded(26)
        return synopsis + help + (standard.isEmpty ? "" : " [\(standard)]")
    }
}

/// The words after a command: `--name value`, and behind `--` what is for the relay.
struct Arguments {
    private var values: [String: String] = [:]
    private(set) var rest: [String] = []
    private(set) var wantsHelp = false
    private let flags: [Flag]

    init(_ words: [String], _ flags: [Flag]) throws(BenchError) {
        self.flags = flags
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--" {
                rest = Array(words)
                return
            }
            if word == "--help" {
                wantsHelp = true
                continue
            }
            guard word.hasPrefix("--"), let flag = flags.first(where: { "--" + $0.name == word }) else {
                throw BenchError("\(word): no such option")
            }
            guard let value = words.popFirst() else { throw BenchError("\(word): \(flag.placeholder) is missing") }
            values[flag.name] = value
        }
    }

    /// Nil when it is neither given nor has a standard.
    func text(_ name: String) -> String? {
        if let value = values[name] { return value }
        let standard = flags.first { $0.name == name }?.standard ?? ""
        return standard.isEmpty ? nil : standard
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(BenchError) -> Int {
        guard let number = Int(text(name) ?? ""), range.contains(number) else {
            throw BenchError("--\(name): a number from \(range.lowerBound) to \(range.upperBound) is needed")
        }
        return number
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(BenchError) -> Double {
        guard let number = Double(text(name) ?? ""), range.contains(number) else {
            throw BenchError("--\(name): a number from \(range.lowerBound) to \(range.upperBound) is needed")
        }
        return number
    }

    func choice<Value>(_ name: String, _ values: [(String, Value)]) throws(BenchError) -> Value {
        guard let value = values.first(where: { $0.0 == text(name) })?.1 else {
            throw BenchError("--\(name): one of \(values.map(\.0).joined(separator: ", ")) is needed")
        }
        return value
    }
}
