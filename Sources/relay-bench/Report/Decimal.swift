/// Numbers as tables show them.
enum Decimal {
    /// Three digits that count, or all of a whole number, in groups.
    static func text(_ number: Double) -> String {
        let size = number.magnitude
        if size >= 100 || size == size.rounded() { return (number < 0 ? "-" : "") + grouped(Int(size.rounded())) }
        return fixed(number, size >= 10 ? 1 : size >= 1 ? 2 : 3)
    }

    static func fixed(_ number: Double, _ digits: Int) -> String {
        var unit = 1
        for _ in 0..<digits { unit *= 10 }
        let scaled = Int((number.magnitude * Double(unit)).rounded())
        let sign = number < 0 && scaled > 0 ? "-" : ""
        return sign + grouped(scaled / unit) + (digits > 0 ? "." + String(scaled % unit + unit).dropFirst() : "")
    }

    static func grouped(_ number: Int) -> String {
        number < 1_000
            ? "\(number)" : grouped(number / 1_000) + "," + String(number % 1_000 + 1_000).dropFirst()
    }
}

extension String {
    /// To that many characters; a negative number puts the text at the right.
    func padded(_ width: Int) -> String {
        let space = String(repeating: " ", count: max(0, abs(width) - count))
        return width < 0 ? space + self : self + space
    }
}
