/// Writes JSON by appending to a byte buffer; commas come by themselves.
///
/// What is written is a JSON text if the calls nest properly: the writer does not check its caller.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    public var count: Int { bytes.count }

    /// Gives the memory back for the next text.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// A place to go back to when what follows turns out not to be writable.
    public struct Place: Sendable {
        fileprivate let count: Int
        fileprivate let needsComma: Bool
    }

    public var place: Place { Place(count: bytes.count, needsComma: needsComma) }

    public mutating func goBack(to place: Place) {
        bytes.removeLast(max(0, bytes.count - place.count))
        needsComma = place.needsComma
    }

    // MARK: Structure

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    public mutating func key(_ key: String) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The bytes must be valid UTF-8.
    public mutating func key(utf8 key: Span<UInt8>) {
        string(utf8: key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Values

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func int(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDigits(value.magnitude)
    }

    public mutating func unsigned(_ value: UInt64) {
        separate()
        appendDigits(value)
    }

    /// The shortest text that reads back as the same number. JSON knows no NaN and no infinity: they become null.
    /// `marked`: with a point or exponent always, so that `1.0` does not come back as the integer 1.
    public mutating func double(_ value: Double, marked: Bool = false) {
        guard value.isFinite else { return null() }
        separate()
        // Compared by conversion: `rounded()` would bind the program to libm.
        if value.magnitude < 0x1p53, Double(UInt64(value.magnitude)) == value.magnitude {
            if value.sign == .minus { bytes.append(UInt8(ascii: "-")) }
            appendDigits(UInt64(value.magnitude))
            // Negative zero keeps its point: the integer text "-0" is read as 0 by many.
            if marked || (value == 0 && value.sign == .minus) { bytes.append(contentsOf: ".0".utf8) }
        } else {
            bytes.append(contentsOf: value.description.utf8)
        }
    }

    public mutating func string(_ value: String) {
        separate()
        var value = value
        value.makeContiguousUTF8()
        appendQuoted(value.utf8.span)
    }

    /// The bytes must be valid UTF-8.
    public mutating func string(utf8 value: Span<UInt8>) {
        separate()
        appendQuoted(value)
    }

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .int(let value): int(value)
        case .unsigned(let value): unsigned(value)
        case .double(let value): double(value, marked: true)
        case .string(let value): string(value)
        case .array(let items):
            beginArray()
            for item in items { self.value(item) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Text that is JSON already. No comma is put before it and none is due after it: the caller spells them out.
    public mutating func raw(_ text: [UInt8]) {
        bytes.append(contentsOf: text)
        needsComma = false
    }

    // MARK: Characters

    private mutating func appendDigits(_ value: UInt64) {
        if value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
            return
        }
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = 20
        var rest = value
        while rest > 0 {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        append(digits.span.extracting(start..<20))
    }

    private mutating func append(_ run: Span<UInt8>) {
        bytes.append(addingCapacity: run.count) { output in
            for index in run.indices { output.append(run[index]) }
        }
    }

    private mutating func appendQuoted(_ text: Span<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var cleanStart = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(text.extracting(cleanStart..<index))
                appendEscape(byte)
                cleanStart = index + 1
            }
            index += 1
        }
        append(text.extracting(cleanStart..<text.count))
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(byte >> 4 + UInt8(ascii: "0"))
            let low = byte & 0x0F
            bytes.append(low < 10 ? low + UInt8(ascii: "0") : low - 10 + UInt8(ascii: "a"))
        default: bytes.append(byte)
        }
    }
}

extension JSONValue {
    public func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
