extension JSONReader {
    /// Reads a string; it is then in `text`, unescaped and valid UTF-8, until the next call that reads.
    public mutating func readText() throws(JSONError) {
        try skipSpace()
        guard try byte() == UInt8(ascii: "\"") else { throw error("a string is due here") }
        let length = try scanString()
        takeText(length)
        position += length
    }

    /// The last string or key, as UTF-8.
    public var text: Span<UInt8> {
        @_lifetime(borrow self)
        get { textIsScratch ? scratch.span : window.span.extracting(textRange) }
    }

    /// The last string or key, as a `String`.
    public var string: String { String(decoding: textIsScratch ? scratch[...] : window[textRange], as: UTF8.self) }

    /// Whether the last string or key is this one.
    public func textEquals(_ other: [UInt8]) -> Bool {
        let text = text
        guard text.count == other.count else { return false }
        for index in other.indices where text[index] != other[index] { return false }
        return true
    }

    /// Whether the last string or key is this one.
    public func textEquals(_ other: StaticString) -> Bool {
        let length = textIsScratch ? scratch.count : textRange.count
        guard length == other.utf8CodeUnitCount else { return false }
        return other.description.utf8.elementsEqual(textIsScratch ? scratch[...] : window[textRange])
    }

    /// Remembers where the text of the string at `position`, `length` bytes with its quotes, is to be found.
    mutating func takeText(_ length: Int) {
        if !textIsScratch { textRange = position + 1..<position + length - 1 }
    }

    /// Finds the end of the string that begins at `position`; the result counts both quotes. Nothing is consumed.
    mutating func scanString() throws(JSONError) -> Int {
        textIsScratch = false
        var length = 1
        var cleanStart = 1
        while true {
            length = skipPlain(from: length)
            guard let byte = try byte(ahead: length) else {
                throw error("the text ends inside a string", ahead: length)
            }
            switch byte {
            case UInt8(ascii: "\""):
                if textIsScratch { keep(cleanStart..<length) }
                return length + 1
            case UInt8(ascii: "\\"):
                if !textIsScratch {
                    textIsScratch = true
                    scratch.removeAll(keepingCapacity: true)
                }
                keep(cleanStart..<length)
                length = try scanEscape(at: length)
                cleanStart = length
            case 0..<0x20:
                throw error("a control character inside a string must be escaped", ahead: length)
            case 0x80...:
                length = try scanMultibyte(byte, at: length)
            default:
                length += 1
            }
        }
    }

    /// The distance of the first byte that needs a closer look, or of the end of the window.
    private func skipPlain(from distance: Int) -> Int {
        let bytes = window.span
        var index = position + distance
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
            index += 1
        }
        return index - position
    }

    private mutating func keep(_ range: Range<Int>) {
        scratch.append(contentsOf: window[position + range.lowerBound..<position + range.upperBound])
    }

    /// RFC 3629 §4: well-formed sequences only, so no overlong forms, no surrogates, nothing above U+10FFFF.
    private mutating func scanMultibyte(_ lead: UInt8, at distance: Int) throws(JSONError) -> Int {
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw error("invalid UTF-8", ahead: distance)
        }
        for index in 1..<length {
            guard let byte = try byte(ahead: distance + index), (index == 1 ? second : 0x80...0xBF).contains(byte)
            else {
                throw error("invalid UTF-8", ahead: distance)
            }
        }
        return distance + length
    }

    /// Unescapes into `scratch`; the result is the distance behind the escape.
    private mutating func scanEscape(at distance: Int) throws(JSONError) -> Int {
        guard let letter = try byte(ahead: distance + 1) else {
            throw error("the text ends inside a string", ahead: distance)
        }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(letter)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"): return try scanUnicodeEscape(at: distance)
        default: throw error("an unknown escape", ahead: distance)
        }
        return distance + 2
    }

    private mutating func scanUnicodeEscape(at distance: Int) throws(JSONError) -> Int {
        var code = try scanHex(at: distance + 2)
        var end = distance + 6
        if (0xD800..<0xDC00).contains(code) {
            guard try byte(ahead: end) == UInt8(ascii: "\\"), try byte(ahead: end + 1) == UInt8(ascii: "u") else {
                throw error("a surrogate without its partner", ahead: distance)
            }
            let low = try scanHex(at: end + 2)
            guard (0xDC00..<0xE000).contains(low) else {
                throw error("a surrogate without its partner", ahead: distance)
            }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("a surrogate without its partner", ahead: distance) }
        scratch.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        return end
    }

    private mutating func scanHex(at distance: Int) throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for index in 0..<4 {
            guard let byte = try byte(ahead: distance + index) else {
                throw error("the text ends inside a string", ahead: distance)
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error("four hexadecimal digits are due here", ahead: distance)
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}
