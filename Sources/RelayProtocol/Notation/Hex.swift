/// Bytes as hexadecimal digits, lower case when written.
public enum Hex {
    public static func text(_ bytes: RawSpan) -> String {
        String(decoding: digits(bytes), as: UTF8.self)
    }

    public static func text(_ bytes: [UInt8]) -> String { text(bytes.rawSpan) }

    public static func digits(_ bytes: RawSpan) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.byteCount)
        for offset in 0..<bytes.byteCount {
            let byte = bytes.byte(at: offset)
            text.append(digit(byte >> 4))
            text.append(digit(byte & 0x0F))
        }
        return text
    }

    /// Sixteen digits.
    static func text(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The bytes that pairs of digits say; white space between the pairs is passed over. Nil for anything else.
    public static func bytes(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            if let value = value(of: character) {
                if let first = high {
                    bytes.append(first << 4 | value)
                    high = nil
                } else {
                    high = value
                }
            } else {
                guard high == nil, isSpace(character) else { return nil }
            }
        }
        return high == nil ? bytes : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isSpace(_ character: UInt8) -> Bool {
        character == UInt8(ascii: " ") || character == UInt8(ascii: "\t") || character == UInt8(ascii: "\r")
    }
}
