/// A number of a JSON text: an integer when it is written as one and fits, else floating-point.
public enum JSONNumber: Sendable, Equatable {
    case int(Int64)
    /// Only above `Int64.max`.
    case unsigned(UInt64)
    case double(Double)
}

extension JSONReader {
    /// Nobody writes longer numbers in earnest, and converting one costs more than linear time.
    private static var numberLimit: Int { 1_024 }

    public mutating func readNumber() throws(JSONError) -> JSONNumber {
        try skipSpace()
        var number = NumberScan()
        var length = 0
        while let byte = try byte(ahead: length), number.take(byte) {
            length += 1
            if length > Self.numberLimit { throw error("a number is too long") }
        }
        guard number.isComplete else { throw error("a number is not complete", ahead: length) }
        let result: JSONNumber
        if let exact = number.exact {
            result = exact
        } else {
            // Correctly rounded by the standard library; rare enough to afford a `String`.
            let text = String(decoding: window[position..<position + length], as: UTF8.self)
            guard let value = Double(text), value.isFinite else { throw error("a number is out of range") }
            result = .double(value)
        }
        position += length
        return result
    }
}

/// The grammar of RFC 8259 §6 as a state machine, collecting the value on the way.
private struct NumberScan {
    private enum State { case start, sign, zero, integer, point, fraction, e, exponentSign, exponent }

    private var state = State.start
    private var isNegative = false
    private var isInteger = true
    /// The digits so far; meaningless once they no longer fit.
    private var digits: UInt64 = 0
    private var fits = true
    private var decimals = 0
    private var exponent = 0
    private var exponentIsNegative = false

    var isComplete: Bool {
        switch state {
        case .zero, .integer, .fraction, .exponent: true
        default: false
        }
    }

    /// False: the byte does not belong to the number any more.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { return takeDigit(byte - UInt8(ascii: "0")) }
        return takeSign(byte)
    }

    @inline(__always)
    private mutating func takeDigit(_ digit: UInt8) -> Bool {
        switch state {
        case .start, .sign: state = digit == 0 ? .zero : .integer
        case .zero: return false
        case .integer: break
        case .point, .fraction:
            state = .fraction
            decimals += 1
        case .e, .exponentSign, .exponent:
            state = .exponent
            exponent = min(exponent * 10 + Int(digit), 100_000)
            return true
        }
        let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(UInt64(digit))
        if overflow || carry { fits = false }
        digits = sum
        return true
    }

    private mutating func takeSign(_ byte: UInt8) -> Bool {
        switch (state, byte) {
        case (.start, UInt8(ascii: "-")):
            state = .sign
            isNegative = true
        case (.zero, UInt8(ascii: ".")), (.integer, UInt8(ascii: ".")):
            state = .point
            isInteger = false
        case (.zero, UInt8(ascii: "e")), (.integer, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "e")),
            (.zero, UInt8(ascii: "E")), (.integer, UInt8(ascii: "E")), (.fraction, UInt8(ascii: "E")):
            state = .e
            isInteger = false
        case (.e, UInt8(ascii: "+")):
            state = .exponentSign
        case (.e, UInt8(ascii: "-")):
            state = .exponentSign
            exponentIsNegative = true
        default:
            return false
        }
        return true
    }

    /// The value where it can be had exactly by simple arithmetic, else nil.
    var exact: JSONNumber? {
        guard fits else { return nil }
        if isInteger {
            if !isNegative { return digits <= UInt64(Int64.max) ? .int(Int64(digits)) : .unsigned(digits) }
            // "-0" is the one integer text that only a floating-point number can keep.
            if digits == 0 { return .double(-0.0) }
            return digits <= UInt64(Int64.max) + 1 ? .int(Int64(truncatingIfNeeded: 0 &- digits)) : nil
        }
        // Both factors are exact below these bounds, so one rounding happens and it is the right one (Clinger).
        let power = (exponentIsNegative ? -exponent : exponent) - decimals
        guard digits <= 1 << 53, abs(power) <= 22 else { return nil }
        let magnitude = power < 0 ? Double(digits) / powersOfTen[-power] : Double(digits) * powersOfTen[power]
        return .double(isNegative ? -magnitude : magnitude)
    }
}

private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22,
]
