/// Which codings a client takes, best first (RFC 9110 §12.5.3).
struct AcceptEncoding {
    /// Thousandths; a coding that is not named has the weight of `*`, which is 0 if that is not named either.
    private var weights: [(coding: String, weight: Int)] = []

    init(_ elements: [String]) {
        for element in elements.prefix(32) {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false)
            guard let coding = parts.first else { continue }
            let name = Octet.trimmed(Array(coding.utf8)[...]).map(Octet.lowercased)
            var weight = 1_000
            for parameter in parts.dropFirst() {
                let text = Octet.trimmed(Array(parameter.utf8)[...])
                if text.count > 2, Octet.lowercased(text[text.startIndex]) == UInt8(ascii: "q"),
                    text[text.startIndex + 1] == UInt8(ascii: "=")
                {
                    weight = Self.thousandths(text.dropFirst(2))
                }
            }
            weights.append((String(decoding: name, as: UTF8.self), weight))
        }
    }

    func weight(_ coding: String) -> Int {
        weights.first { $0.coding == coding }?.weight ?? weights.first { $0.coding == "*" }?.weight ?? 0
    }

    /// `qvalue`: 0 or 1 with up to three decimals. Anything else is a refusal: the plain file suits everybody.
    private static func thousandths(_ text: ArraySlice<UInt8>) -> Int {
        guard let first = text.first, first == 0x30 || first == 0x31, text.count <= 5 else { return 0 }
        guard text.count > 1 else { return first == 0x31 ? 1_000 : 0 }
        let decimals = text.dropFirst(2)
        guard text[text.startIndex + 1] == UInt8(ascii: "."), decimals.allSatisfy(Octet.isDigit) else { return 0 }
        var value = decimals.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        for _ in decimals.count..<3 { value *= 10 }
        return first == 0x31 ? (value == 0 ? 1_000 : 0) : value
    }
}
