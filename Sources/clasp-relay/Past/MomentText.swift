/// A moment as people write it, in microseconds since 1970.
///
/// `2025-01-31T12:00:00Z` (RFC 3339; seconds and their fraction, the offset and the time of day may be left out, which
/// then is UTC and midnight), `@1738324800` (seconds since 1970), `15m`, `2h`, `1d`, `90s` (so long ago).
enum MomentText {
    static func parse(_ text: String, now: Int64) -> Int64? {
        if text.hasPrefix("@") { return scaled(text.dropFirst(), 1_000_000) }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }) {
            return scaled(text.dropLast(), unit * 1_000_000).map { now - $0 }
        }
        return date(text)
    }

    private static func scaled(_ digits: Substring, _ factor: Int64) -> Int64? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(digits) else {
            return nil
        }
        let (result, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow || result > 1 << 60 ? nil : result
    }

    private static func date(_ text: String) -> Int64? {
        var rest = text[...]
        guard let year = number(&rest, 4), take(&rest, "-"), let month = number(&rest, 2), take(&rest, "-"),
            let day = number(&rest, 2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var microseconds = days(year, month, day) * 86_400_000_000
        if take(&rest, "T") || take(&rest, "t") || take(&rest, " ") {
            guard let time = timeOfDay(&rest), let offset = offset(&rest) else { return nil }
            microseconds += time - offset
        }
        return rest.isEmpty ? microseconds : nil
    }

    private static func timeOfDay(_ rest: inout Substring) -> Int64? {
        guard let hour = number(&rest, 2), take(&rest, ":"), let minute = number(&rest, 2), hour < 24, minute < 60
        else {
            return nil
        }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if take(&rest, ":") {
            guard let whole = number(&rest, 2), whole <= 60 else { return nil }
            second = whole
            if take(&rest, ".") {
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(digits.count)
                guard !digits.isEmpty else { return nil }
                let six = digits.prefix(6)
                fraction = Int64(six + String(repeating: "0", count: 6 - six.count)) ?? 0
            }
        }
        return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }

    /// Microseconds east of Greenwich.
    private static func offset(_ rest: inout Substring) -> Int64? {
        if rest.isEmpty || take(&rest, "Z") || take(&rest, "z") { return 0 }
        let sign: Int64
        if take(&rest, "+") {
            sign = 1
        } else if take(&rest, "-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(&rest, 2), take(&rest, ":"), let minutes = number(&rest, 2), minutes < 60 else {
            return nil
        }
        return sign * (hours * 60 + minutes) * 60_000_000
    }

    private static func number(_ rest: inout Substring, _ count: Int) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.utf8.count == count, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return Int64(digits)
    }

    private static func take(_ rest: inout Substring, _ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Days from 1970-01-01 to a date; years begin in March, so that the leap day is the last of one.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
