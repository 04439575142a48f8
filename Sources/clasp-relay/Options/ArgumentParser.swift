import Glibc

/// What a command accepts behind two dashes.
struct Flag: Sendable {
    let name: String
    var aliases: [String] = []
    var short: Character?
    /// Nil for a switch.
    var placeholder: String?
    var help = ""
    var form = ValueForm.word

    var names: [String] { [name] + aliases }

    static let help = Flag(name: "help", short: "h", help: "show this and exit")
}

/// A flag as it was written.
struct GivenFlag: Sendable, Equatable {
    let name: String
    let value: String
    /// `--ws-port`, `-p`: for messages and for the source of a value.
    let spelling: String
}

/// What a command line says: flags, and the words between them.
struct ParsedArguments: Sendable {
    var flags: [GivenFlag] = []
    var words: [String] = []
    var faults: [Fault] = []

    func has(_ name: String) -> Bool { value(name) == "true" }
    /// The last one wins.
    func value(_ name: String) -> String? { flags.last { $0.name == name }?.value }
}

/// Reads `--name value`, `--name=value`, `-n value`, `-nvalue`; behind `--` everything is a word. All faults are found,
/// not only the first.
struct ArgumentParser {
    let flags: [Flag]
    /// What to say about names that are known but not accepted.
    var refusal: (_ name: String, _ value: String?) -> Refusal? = { _, _ in nil }

    enum Refusal {
        case fault(Fault, takesValue: Bool)
        /// It asks for what is so anyway.
        case ignored
    }

    func parse(_ arguments: [String]) -> ParsedArguments {
        var result = ParsedArguments()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                result.words += rest
                break
            } else if argument.hasPrefix("--") {
                parseLong(argument.dropFirst(2), &rest, into: &result)
            } else if argument.hasPrefix("-"), argument.utf8.count > 1, !Self.isNegativeNumber(argument) {
                parseShort(argument.dropFirst(), &rest, into: &result)
            } else {
                result.words.append(argument)
            }
        }
        return result
    }

    private func parseLong(_ text: Substring, _ rest: inout ArraySlice<String>, into result: inout ParsedArguments) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        let attached = parts.count == 2 ? String(parts[1]) : nil
        if let flag = flags.first(where: { $0.names.contains(name) }) {
            take(flag, "--" + name, attached, &rest, into: &result)
        } else if let refused = refusal(name, attached ?? rest.first) {
            guard case .fault(let fault, let takesValue) = refused else {
                if attached == nil { _ = rest.popFirst() }
                return
            }
            result.faults.append(fault)
            if takesValue, attached == nil { dropValue(of: &rest) }
        } else {
            let hint = Suggestion.phrase(for: name, among: flags.flatMap(\.names), prefix: "--")
            result.faults.append(Fault(.unknownOption, "--\(name): no such option\(hint)"))
            if attached == nil { dropValue(of: &rest) }
        }
    }

    private func parseShort(_ text: Substring, _ rest: inout ArraySlice<String>, into result: inout ParsedArguments) {
        guard let letter = text.first else { return }
        guard let flag = flags.first(where: { $0.short == letter }) else {
            result.faults.append(Fault(.unknownOption, "-\(letter): no such option"))
            return
        }
        let tail = text.dropFirst()
        if flag.placeholder == nil, !tail.isEmpty {
            take(flag, "-\(letter)", nil, &rest, into: &result)
            parseShort(tail, &rest, into: &result)
        } else {
            take(flag, "-\(letter)", tail.isEmpty ? nil : String(tail), &rest, into: &result)
        }
    }

    private func take(
        _ flag: Flag, _ spelling: String, _ attached: String?, _ rest: inout ArraySlice<String>,
        into result: inout ParsedArguments
    ) {
        guard flag.placeholder != nil else {
            result.flags.append(GivenFlag(name: flag.name, value: attached ?? "true", spelling: spelling))
            return
        }
        // What follows is the value, unless it is a flag itself.
        if let value = attached ?? (rest.first.map(looksLikeFlag) == false ? rest.popFirst() : nil) {
            result.flags.append(GivenFlag(name: flag.name, value: value, spelling: spelling))
        } else {
            result.faults.append(Fault(.missingValue, "\(spelling): needs a value (\(flag.placeholder ?? ""))"))
        }
    }

    private func dropValue(of rest: inout ArraySlice<String>) {
        if rest.first.map(looksLikeFlag) == false { _ = rest.popFirst() }
    }

    private func looksLikeFlag(_ text: String) -> Bool {
        text.hasPrefix("-") && text.utf8.count > 1 && !Self.isNegativeNumber(text)
    }

    private static func isNegativeNumber(_ text: String) -> Bool {
        text.hasPrefix("-") && Double(text) != nil
    }
}
