import RelayJSON

/// The part of docs/benchmarks.md that is made from results, and the plots beside it.
struct BenchmarksDocument {
    private let conditions: JSONValue
    private let runs: [Runs]

    static let begin = "<!-- Written by relay-bench document. -->"
    static let end = "<!-- End of what relay-bench document writes. -->"

    /// The first line says on what and when; each further one is a run.
    init(_ lines: [JSONValue]) throws(BenchError) {
        guard let first = lines.first, first["machine"] != nil else { throw BenchError("no results begin like this") }
        conditions = first
        runs = Runs.grouped(Array(lines.dropFirst()))
    }

    /// The text with its middle part made anew.
    func filled(into text: String) throws(BenchError) -> String {
        guard let start = text.firstRange(of: Self.begin), let stop = text.firstRange(of: Self.end),
            start.upperBound <= stop.lowerBound
        else { throw BenchError("the document lacks the two lines between which results stand") }
        return text[..<start.upperBound] + "\n\n" + lines.joined(separator: "\n") + "\n\n" + text[stop.lowerBound...]
    }

    /// By file name.
    var plots: [(name: String, svg: String)] {
        ReportSection.all.flatMap { section in
            section.plots.compactMap { plot in
                plot.svg(runs.filter { plot.scenarios.contains($0.scenario) }).map { (plot.name, $0) }
            }
        }
    }

    var lines: [String] {
        var lines = ["## Conditions", ""] + conditionLines
        for section in ReportSection.all {
            let runs = runs.filter { $0.scenario == section.scenario }
            guard !runs.isEmpty else { continue }
            lines += ["", "## \(section.title)", "", section.text, ""]
            for table in section.tables {
                lines += Self.table(table, runs, isTurned: section.isTurned) + [""]
            }
            for plot in section.plots where plot.svg(self.runs.filter { plot.scenarios.contains($0.scenario) }) != nil {
                lines += ["![\(plot.title)](\(Self.imageFolder)/\(plot.name))", ""]
            }
            let commands = runs.map(\.command).filter { !$0.isEmpty }
            if !commands.isEmpty { lines += commands.map { "    " + $0 } }
            while lines.last == "" { lines.removeLast() }
        }
        return lines
    }

    private static func table(_ columns: [Column], _ runs: [Runs], isTurned: Bool) -> [String] {
        func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let heads = isTurned ? runs.map(\.name) : columns.map(\.title)
        let lines = [row([""] + heads), "|---|" + String(repeating: "---:|", count: heads.count)]
        if isTurned { return lines + columns.map { column in row([column.title] + runs.map { column.text($0) }) } }
        return lines + runs.map { run in row([run.name] + columns.map { $0.text(run) }) }
    }

    static let imageFolder = "images/benchmarks"

    private var conditionLines: [String] {
        let rows: [(String, String)] = [
            ("Processor", "machine"), ("Cores", "cores"), ("Memory", "memory"), ("Kernel", "kernel"),
            ("Compiler", "swift"), ("Relay", "relay"), ("Commit", "commit"), ("Date (UTC)", "date"),
            ("Load average at the start", "load"), ("Cores of the generator, of the relay", "pinned"),
            ("Runs of each case", "repetitions"), ("Form", "form"),
        ]
        var lines = ["| | |", "|---|---|"]
        for (title, key) in rows {
            guard let value = conditions[key] else { continue }
            lines.append("| \(title) | \(value.string ?? value.int.map { "\($0)" } ?? "") |")
        }
        let others = runs.flatMap { $0.records.compactMap { $0["others_percent"]?.double } }.sorted()
        if let most = others.last {
            lines.append(
                "| What other programs used meanwhile, of one core | \(Decimal.text(others[others.count / 2])) %, at most \(Decimal.text(most)) % |"
            )
        }
        let delays = runs.flatMap { run in
            run.records.filter { $0["rate"]?.double != 0 }.compactMap { $0["generator_late_us"]?.double }
        }.sorted()
        if let most = delays.last {
            let median = Decimal.text(delays[delays.count / 2])
            lines.append(
                "| Longest delay of the generator in a run at a fixed rate | \(median) µs, at most \(Decimal.text(most)) µs |"
            )
        }
        return lines
    }
}
