import Glibc

/// The words of a small sub-command, taken apart: `--name VALUE`, `--name=VALUE`, `--name`, and the rest in order.
struct CommandWords {
    private(set) var words: [String] = []
    private var values: [String: String] = [:]
    private var flags: Set<String> = []

    /// Nil when there is an option that is not among these, or one lacks its value.
    init?(_ arguments: [String], options: Set<String>, flags known: Set<String> = []) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                words.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            if known.contains(name), parts.count == 1 {
                flags.insert(name)
            } else if options.contains(name), let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() {
                values[name] = value
            } else {
                return nil
            }
        }
    }

    func value(_ name: String) -> String? { values[name] }

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// Where the relay keeps its data, said as for the relay itself.
    var dataDirectory: String {
        if let directory = value("data-dir") { return directory }
        return Self.variable("RELAY_DATA_DIR") ?? "./data"
    }

    static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
