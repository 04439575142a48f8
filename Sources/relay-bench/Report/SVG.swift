/// A small writer of SVG. Colours follow the reader's light or dark theme.
struct SVG {
    private var body = ""
    private let width: Double
    private let height: Double
    private let title: String

    /// Told apart by people who do not see all colours, too.
    static let colours = ["#2a78d6", "#d9622b", "#1a9a72", "#8c56c4", "#b8335c", "#8a7a1f", "#5b6b7f"]

    init(width: Double, height: Double, title: String) {
        (self.width, self.height, self.title) = (width, height, title)
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, kind: String = "label",
        colour: String? = nil
    ) {
        let fill = colour.map { " style=\"fill:\($0)\"" } ?? ""
        body += "<text class=\"\(kind)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        body += " text-anchor=\"\(anchor.rawValue)\"\(fill)>\(Self.escaped(text))</text>\n"
    }

    /// A line through the points; thin and grey without a colour.
    mutating func line(_ points: [(x: Double, y: Double)], colour: String? = nil, width: Double = 2) {
        let places = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        let look = colour.map { "stroke=\"\($0)\" stroke-width=\"\(Self.number(width))\"" } ?? "class=\"grid\""
        body += "<polyline \(look) fill=\"none\" points=\"\(places)\"/>\n"
    }

    mutating func dot(_ x: Double, _ y: Double, colour: String) {
        body += "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"4.5\" fill=\"\(colour)\"/>\n"
    }

    var document: String {
        let size = "\(Self.number(width)) \(Self.number(height))"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img" aria-label="\(Self.escaped(title))">
            <style>
            text{font:12px system-ui,sans-serif;fill:#1f2328}
            .title{font-weight:600;font-size:14px}.tick{fill:#59636e;font-size:11px}
            .grid{stroke:#d8dee4;stroke-width:1}.page{fill:#fff}
            @media(prefers-color-scheme:dark){text{fill:#e6edf3}.tick{fill:#9198a1}.grid{stroke:#30363d}.page{fill:#0d1117}}
            </style>
            <rect class="page" width="100%" height="100%"/>
            <text class="title" x="16" y="24">\(Self.escaped(title))</text>
            \(body)</svg>

            """
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}

/// A logarithmic axis that begins and ends at powers of ten.
struct LogAxis {
    private let first: Int
    private let last: Int
    private let start: Double
    private let length: Double

    /// `length` may be negative: then greater values stand higher up.
    init(over values: [Double], from start: Double, length: Double) {
        let known = values.filter { $0 > 0 && $0.isFinite }
        func decade(_ value: Double) -> Int {
            var (power, exponent) = (1.0, 0)
            while power * 10 <= value { (power, exponent) = (power * 10, exponent + 1) }
            while power > value { (power, exponent) = (power / 10, exponent - 1) }
            return exponent
        }
        first = decade(known.min() ?? 1)
        let top = known.max() ?? 1
        let below = decade(top)
        last = max(first + 1, Self.power(below) < top ? below + 1 : below)
        (self.start, self.length) = (start, length)
    }

    var ticks: [Double] { (first...last).map(Self.power) }

    func place(of value: Double) -> Double {
        let share = (Self.logarithm(max(value, Self.power(first))) - Double(first)) / Double(last - first)
        return start + length * min(1, share)
    }

    private static func power(_ exponent: Int) -> Double {
        var value = 1.0
        for _ in 0..<abs(exponent) { value *= 10 }
        return exponent < 0 ? 1 / value : value
    }
}
