/// How the text of an option becomes a value, and a value its text again. The same for flags, variables and files.
struct ValueKind<Value: Sendable & Equatable>: Sendable {
    let form: ValueForm
    /// What `--help` writes for the value.
    let placeholder: String
    /// Completes "expected …".
    let expectation: String
    let read: @Sendable (String) -> Value?
    let write: @Sendable (Value) -> String
}

/// What a value looks like, for completions and for the types of `config.toml`.
enum ValueForm: Sendable, Equatable {
    case toggle
    case number
    /// A number with a unit; without one, a number of seconds or bytes.
    case quantity
    case word
    case choice([String])
    case list
    case file
    case directory
    case secret
}

extension ValueKind where Value == Bool {
    static var toggle: ValueKind {
        ValueKind(
            form: .toggle, placeholder: "", expectation: "true or false",
            read: { text in
                switch text.lowercased() {
                case "true", "1", "yes", "on": true
                case "false", "0", "no", "off": false
                default: nil
                }
            }, write: { $0 ? "true" : "false" })
    }
}

extension ValueKind where Value == Int {
    static func number(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> ValueKind {
        ValueKind(
            form: .number, placeholder: placeholder,
            expectation: "a number from \(range.lowerBound) to \(range.upperBound)",
            read: { Int($0).flatMap { range.contains($0) ? $0 : nil } }, write: { String($0) })
    }
}

extension ValueKind where Value == Int? {
    /// Zero stands for no limit.
    static func numberOrNone(upTo limit: Int, _ placeholder: String = "N") -> ValueKind {
        ValueKind(
            form: .number, placeholder: placeholder, expectation: "a number from 1 to \(limit), or 0 for no limit",
            read: { text in
                guard let number = Int(text), (0...limit).contains(number) else { return nil }
                return .some(number == 0 ? nil : number)
            }, write: { String($0 ?? 0) })
    }

    /// Absent means that something else decides.
    static func optionalNumber(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> ValueKind {
        ValueKind(
            form: .number, placeholder: placeholder,
            expectation: "a number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in Int(text).flatMap { range.contains($0) ? .some($0) : nil } },
            write: { $0.map { String($0) } ?? "" })
    }
}

extension ValueKind where Value == UInt16 {
    /// Zero lets the kernel choose.
    static var port: ValueKind {
        ValueKind(
            form: .number, placeholder: "PORT", expectation: "a port from 1 to 65535, or 0 for any free one",
            read: { UInt16($0) }, write: { String($0) })
    }
}

extension ValueKind where Value == UInt16? {
    static var optionalPort: ValueKind {
        ValueKind(
            form: .number, placeholder: "PORT", expectation: "a port from 1 to 65535, or 0 for any free one",
            read: { text in UInt16(text).map { .some($0) } }, write: { $0.map { String($0) } ?? "" })
    }
}

extension ValueKind where Value == String {
    static func text(_ placeholder: String, _ bytes: ClosedRange<Int>) -> ValueKind {
        ValueKind(
            form: .word, placeholder: placeholder,
            expectation: "a text of \(bytes.lowerBound) to \(bytes.upperBound) bytes without control characters",
            read: { text in
                bytes.contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? text : nil
            }, write: { $0 })
    }

    static var directory: ValueKind {
        ValueKind(
            form: .directory, placeholder: "DIR", expectation: "a directory", read: { $0.isEmpty ? nil : $0 },
            write: { $0 })
    }
}

extension ValueKind where Value == String? {
    static func optionalPath(_ form: ValueForm, _ placeholder: String) -> ValueKind {
        ValueKind(
            form: form, placeholder: placeholder, expectation: "a path",
            read: { text in text.isEmpty ? nil : .some(text) }, write: { $0 ?? "" })
    }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
    static var choice: ValueKind {
        let names = Value.allCases.map(\.rawValue)
        return ValueKind(
            form: .choice(names), placeholder: names.joined(separator: "|"),
            expectation: names.dropLast().joined(separator: ", ") + " or " + (names.last ?? ""),
            read: { Value(rawValue: $0.lowercased()) }, write: { $0.rawValue })
    }
}
