import Glibc

/// How long the given share of all took, one curve a case.
struct CurvePlot {
    struct Curve {
        let name: String
        /// Share and microseconds, both rising.
        let points: [(share: Double, value: Double)]
    }

    let title: String
    let curves: [Curve]

    private static let (width, height) = (860.0, 400.0)
    private static let (left, right, top, bottom) = (70.0, 250.0, 50.0, 45.0)
    private static let marks = [(0.0, "0 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %")]

    var svg: String {
        var svg = SVG(width: Self.width, height: Self.height, title: title)
        let floor = Self.height - Self.bottom
        let end = Self.width - Self.right
        let axis = LogAxis(
            over: curves.flatMap { $0.points.map(\.value) }, from: floor, length: Self.top - floor)
        for tick in axis.ticks {
            svg.line([(Self.left, axis.place(of: tick)), (end, axis.place(of: tick))])
            svg.text(axis.label(of: tick), Self.left - 8, axis.place(of: tick) + 4, .end, kind: "tick")
        }
        for (share, name) in Self.marks {
            svg.line([(Self.place(of: share), Self.top), (Self.place(of: share), floor)])
            svg.text(name, Self.place(of: share), floor + 18, .middle, kind: "tick")
        }
        svg.text("µs", Self.left - 8, Self.top - 10, .end, kind: "tick")
        svg.text("of all values came within", (Self.left + end) / 2, floor + 36, .middle, kind: "tick")
        var labels: [(name: String, y: Double, colour: String)] = []
        for (index, curve) in curves.enumerated() {
            let colour = SVG.colours[index % SVG.colours.count]
            let points = curve.points.map { (x: Self.place(of: $0.share), y: axis.place(of: $0.value)) }
            svg.line(points, colour: colour)
            if let last = points.last { labels.append((curve.name, last.y, colour)) }
        }
        // Names stand beside the ends of their curves, and not on each other.
        var next = 0.0
        for label in labels.sorted(by: { $0.y < $1.y }) {
            next = max(next, label.y + 4)
            svg.text(label.name, end + 10, next, colour: label.colour)
            next += 16
        }
        return svg.document
    }

    /// Each further nine takes as much room.
    private static func place(of share: Double) -> Double {
        left + (width - right - left) * min(4, -LogAxis.logarithm(1 - min(share, 0.9999))) / 4
    }
}

/// Medians as dots with their spread as a line, on a logarithmic axis; a row for each case.
struct DotPlot {
    struct Dot {
        let series: Int
        let median: Double
        let least: Double
        let greatest: Double
    }

    let title: String
    let unit: String
    let series: [String]
    let rows: [(name: String, dots: [Dot])]

    private static let (width, left, right, top, rowHeight) = (860.0, 270.0, 40.0, 70.0, 28.0)

    var svg: String {
        let floor = Self.top + Double(rows.count) * Self.rowHeight
        var svg = SVG(width: Self.width, height: floor + 45, title: title)
        let axis = LogAxis(
            over: rows.flatMap { $0.dots.flatMap { [$0.least, $0.greatest] } }, from: Self.left,
            length: Self.width - Self.right - Self.left)
        for tick in axis.ticks {
            svg.line([(axis.place(of: tick), Self.top - 8), (axis.place(of: tick), floor)])
            svg.text(axis.label(of: tick), axis.place(of: tick), floor + 18, .middle, kind: "tick")
        }
        svg.text(unit, Self.width - Self.right, floor + 36, .end, kind: "tick")
        if series.count > 1 {
            for (index, name) in series.enumerated() {
                let x = Self.left + Double(index) * 190
                svg.dot(x, 44, colour: SVG.colours[index % SVG.colours.count])
                svg.text(name, x + 10, 48)
            }
        }
        for (index, row) in rows.enumerated() {
            let y = Self.top + (Double(index) + 0.5) * Self.rowHeight
            svg.text(row.name, Self.left - 12, y + 4, .end)
            for dot in row.dots {
                let colour = SVG.colours[dot.series % SVG.colours.count]
                svg.line([(axis.place(of: dot.least), y), (axis.place(of: dot.greatest), y)], colour: colour)
                svg.dot(axis.place(of: dot.median), y, colour: colour)
                if series.count == 1 {
                    svg.text(Decimal.text(dot.median), axis.place(of: dot.greatest) + 8, y + 4, kind: "tick")
                }
            }
        }
        return svg.document
    }
}

extension LogAxis {
    static func logarithm(_ value: Double) -> Double { log10(value) }

    func label(of tick: Double) -> String {
        var label = Decimal.text(tick)
        while label.contains("."), label.hasSuffix("0") { label.removeLast() }
        return label
    }
}
