/// The part of TOML 1.0 that settings need: tables, and keys with strings, integers, floats, booleans and arrays.
/// Everything else is refused with its line rather than guessed at.
struct TOMLReader {
    struct Entry: Equatable {
        let table: String
        let key: String
        let value: TOMLValue
        let line: Int
    }

    struct Problem: Equatable {
        let line: Int
        let text: String
    }

    private(set) var entries: [Entry] = []
    private(set) var problems: [Problem] = []

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var table = ""
    private var tables: Set<String> = []
    /// Bounds what a careless or hostile file can cost.
    private static let maxArrayItems = 10_000

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard String(validating: bytes, as: UTF8.self) != nil else {
            problems.append(Problem(line: 1, text: "the file is not UTF-8"))
            return
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        while position < bytes.count { readLine() }
    }

    private struct Stop: Error {
        let text: String
    }

    private mutating func readLine() {
        let start = line
        do throws(Stop) {
            skipBlanks()
            switch peek {
            case UInt8(ascii: "["): try readTable()
            case UInt8(ascii: "#"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), nil: break
            default: try readPair()
            }
            skipBlanks()
            try endLine()
        } catch {
            problems.append(Problem(line: start, text: error.text))
            while let byte = peek, byte != UInt8(ascii: "\n") { position += 1 }
            step()
        }
    }

    private mutating func readTable() throws(Stop) {
        position += 1
        guard peek != UInt8(ascii: "[") else { throw Stop(text: "arrays of tables are not used here") }
        skipBlanks()
        let name = try readName()
        skipBlanks()
        guard peek == UInt8(ascii: "]") else { throw Stop(text: "expected a table such as [server]") }
        position += 1
        guard tables.insert(name).inserted else { throw Stop(text: "the table [\(name)] stands here a second time") }
        table = name
    }

    private mutating func readPair() throws(Stop) {
        let key = try readName()
        skipBlanks()
        guard peek == UInt8(ascii: "=") else {
            throw Stop(text: peek == UInt8(ascii: ".") ? "dotted keys are not used here" : "expected '=' behind \(key)")
        }
        position += 1
        skipBlanks()
        let start = line
        let value = try readValue(isNested: false)
        if let known = entries.first(where: { $0.table == table && $0.key == key }) {
            throw Stop(text: "\(key) has a value already, in line \(known.line)")
        }
        entries.append(Entry(table: table, key: key, value: value, line: start))
    }

    private mutating func readName() throws(Stop) -> String {
        let start = position
        while let byte = peek, Self.isBare(byte) { position += 1 }
        guard position > start else { throw Stop(text: "expected a name of letters, digits, '_' and '-'") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: Values

    private mutating func readValue(isNested: Bool) throws(Stop) -> TOMLValue {
        switch peek {
        case UInt8(ascii: "\""): return .string(try readBasicString())
        case UInt8(ascii: "'"): return .string(try readLiteralString())
        case UInt8(ascii: "["):
            guard !isNested else { throw Stop(text: "arrays inside arrays are not used here") }
            return .array(try readArray())
        case UInt8(ascii: "{"): throw Stop(text: "inline tables are not used here")
        default: return try readWord()
        }
    }

    private mutating func readWord() throws(Stop) -> TOMLValue {
        let start = position
        while let byte = peek, Self.isBare(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") {
            position += 1
        }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        if word == "true" || word == "false" { return .bool(word == "true") }
        let digits = word.filter { $0 != "_" }
        let isNumber = word.utf8.first.map { $0 != UInt8(ascii: "_") } ?? false
        if isNumber, let integer = Int64(digits), !Self.hasLeadingZero(digits) { return .integer(integer) }
        if isNumber, digits.contains("."), let number = Double(digits), number.isFinite { return .float(number) }
        throw Stop(text: word.isEmpty ? "expected a value" : "'\(word)' is no value: texts stand in quotes")
    }

    private mutating func readBasicString() throws(Stop) -> String {
        position += 1
        if peek == UInt8(ascii: "\""), byte(at: position + 1) == UInt8(ascii: "\"") {
            throw Stop(text: "texts of several lines are not used here")
        }
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\n") {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try readEscape()
            case 0x00..<0x09, 0x0B..<0x20, 0x7F: throw Stop(text: "a control character in a text")
            default: text.append(byte)
            }
        }
        throw Stop(text: "the text does not end in this line")
    }

    private mutating func readEscape() throws(Stop) -> [UInt8] {
        let letter = peek
        position += 1
        switch letter {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "\""): return [0x22]
        case UInt8(ascii: "\\"): return [0x5C]
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let length = letter == UInt8(ascii: "u") ? 4 : 8
            let end = min(position + length, bytes.count)
            let digits = String(decoding: bytes[position..<end], as: UTF8.self)
            guard digits.utf8.count == length, let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code)
            else { throw Stop(text: "an escape that is no character") }
            position = end
            return Array(String(scalar).utf8)
        default: throw Stop(text: "an escape that does not exist; a backslash is written \\\\")
        }
    }

    private mutating func readLiteralString() throws(Stop) -> String {
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\n") {
            position += 1
            if byte == UInt8(ascii: "'") { return String(decoding: bytes[start..<(position - 1)], as: UTF8.self) }
        }
        throw Stop(text: "the text does not end in this line")
    }

    private mutating func readArray() throws(Stop) -> [TOMLValue] {
        position += 1
        var items: [TOMLValue] = []
        while true {
            skipLines()
            if peek == UInt8(ascii: "]") { break }
            items.append(try readValue(isNested: true))
            guard items.count <= Self.maxArrayItems else { throw Stop(text: "the array is too long") }
            skipLines()
            if peek == UInt8(ascii: ",") {
                position += 1
            } else if peek != UInt8(ascii: "]") {
                throw Stop(text: "expected ',' or ']' in the array")
            }
        }
        position += 1
        return items
    }

    // MARK: Characters

    private var peek: UInt8? { byte(at: position) }

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() {
        while peek == 0x20 || peek == 0x09 { position += 1 }
    }

    /// Blanks, comments and ends of lines.
    private mutating func skipLines() {
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "\n"): step()
            case UInt8(ascii: "#"): while let byte = peek, byte != UInt8(ascii: "\n") { position += 1 }
            default: return
            }
        }
    }

    private mutating func endLine() throws(Stop) {
        if peek == UInt8(ascii: "#") {
            while let byte = peek, byte != UInt8(ascii: "\n") { position += 1 }
        }
        if peek == UInt8(ascii: "\r") { position += 1 }
        guard peek == nil || peek == UInt8(ascii: "\n") else { throw Stop(text: "more than one value in a line") }
        step()
    }

    /// Over the end of a line.
    private mutating func step() {
        position += 1
        line += 1
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func hasLeadingZero(_ digits: String) -> Bool {
        let bare = digits.drop { $0 == "-" || $0 == "+" }
        return bare.utf8.count > 1 && bare.hasPrefix("0")
    }
}

enum TOMLValue: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case bool(Bool)
    case array([TOMLValue])
}
