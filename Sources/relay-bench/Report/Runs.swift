import RelayJSON

/// All runs of one case.
struct Runs: Sendable {
    let scenario: String
    let name: String
    let command: String
    private(set) var records: [JSONValue]

    /// By case, in the order of their first run.
    static func grouped(_ lines: [JSONValue]) -> [Runs] {
        var all: [Runs] = []
        for line in lines {
            guard let scenario = line["scenario"]?.string, let name = line["case"]?.string else { continue }
            if let place = all.firstIndex(where: { $0.scenario == scenario && $0.name == name }) {
                all[place].records.append(line)
            } else {
                all.append(
                    Runs(scenario: scenario, name: name, command: line["command"]?.string ?? "", records: [line]))
            }
        }
        return all
    }

    /// Median, least and greatest; nil when no run has the figure.
    func spread(_ key: String, per unit: Double = 1) -> (median: Double, least: Double, greatest: Double)? {
        let values = records.compactMap { $0[key]?.double }.map { $0 / unit }.sorted()
        guard let least = values.first, let greatest = values.last else { return nil }
        return (Self.median(values), least, greatest)
    }

    func total(_ key: String) -> Int { records.reduce(0) { $0 + Int($1[key]?.int ?? 0) } }

    /// The median of all runs at each share.
    var curve: [(share: Double, value: Double)] {
        let curves = records.compactMap { $0["curve"]?.array }
        guard let first = curves.first else { return [] }
        return first.indices.compactMap { index in
            let values = curves.compactMap { $0.indices.contains(index) ? $0[index][1]?.double : nil }.sorted()
            guard let share = first[index][0]?.double, !values.isEmpty else { return nil }
            return (share, Self.median(values))
        }
    }

    private static func median(_ sorted: [Double]) -> Double {
        (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// A column of a table: a figure, and how several runs of it become one text.
struct Column: Sendable {
    let title: String
    let text: @Sendable (Runs) -> String

    static func median(_ title: String, _ key: String, per unit: Double = 1) -> Column {
        Column(title: title) { $0.spread(key, per: unit).map { Decimal.text($0.median) } ?? "–" }
    }

    static func spread(_ title: String, _ key: String, per unit: Double = 1) -> Column {
        Column(title: title) { runs in
            guard let found = runs.spread(key, per: unit) else { return "–" }
            let median = Decimal.text(found.median)
            let (least, greatest) = (Decimal.text(found.least), Decimal.text(found.greatest))
            return least == greatest ? median : "\(median) (\(least)–\(greatest))"
        }
    }

    /// For what must not happen: the sum of all runs.
    static func total(_ title: String, _ key: String) -> Column {
        Column(title: title) { Decimal.grouped($0.total(key)) }
    }
}
