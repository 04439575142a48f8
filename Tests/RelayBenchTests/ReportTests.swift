import RelayJSON
import RelayTestKit
import Testing

@testable import relay_bench

@Suite struct `The report` {
    private func lines() throws -> [JSONValue] {
        try [
            #"{"machine":"A <fast> one & more","cores":2,"repetitions":3,"load":"0.1 0.2 0.3","form":"whole"}"#,
            #"{"scenario":"fanout","case":"1 → 100, 1,000/s","command":"relay-bench fanout --rate 1000","deliveries_per_s":100000.0,"cpu_us_per_delivery":3.5,"p50_us":250.0,"missing":1,"others_percent":2.0,"curve":[[0.0,10.0],[0.5,250.0],[0.9999,900.0]]}"#,
            #"{"scenario":"fanout","case":"1 → 100, 1,000/s","deliveries_per_s":99000.0,"cpu_us_per_delivery":3.1,"p50_us":260.0,"missing":0,"curve":[[0.0,11.0],[0.5,260.0],[0.9999,950.0]]}"#,
            #"{"scenario":"fanout","case":"1 → 100, 1,000/s","deliveries_per_s":101000.0,"cpu_us_per_delivery":4.25,"p50_us":240.0,"missing":2,"curve":[[0.0,12.0],[0.5,240.0],[0.9999,990.0]]}"#,
            #"{"scenario":"joiner","case":"10 params","join_ms":0.25,"cpu_ms_per_join":0.1,"max_us_probe":150}"#,
            #"{"scenario":"slow","case":"1 slow","p99_us_before":100,"p99_us_during":110,"p99_us_after":105}"#,
        ].map { try JSONValue(parsing: $0) }
    }

    @Test func `shows the median of the runs, their spread, and the sum of what must not happen`() throws {
        let text = try BenchmarksDocument(lines()).lines.joined(separator: "\n")
        #expect(text.contains("| 1 → 100, 1,000/s | 100,000 (99,000–101,000) | 3.50 (3.10–4.25) |"))
        #expect(text.contains("| 250 (240–260) |"))
        #expect(text.contains("| 3 | 0 | 0 |"))
        #expect(text.contains("    relay-bench fanout --rate 1000"))
        #expect(text.contains("| Runs of each case | 3 |"))
        #expect(!text.contains("## Rooms"))
    }

    @Test func `takes its own place in the page, again and again`() throws {
        let page = "# Title\n\n\(BenchmarksDocument.begin)\nold\n\(BenchmarksDocument.end)\n\nNotes\n"
        let document = try BenchmarksDocument(lines())
        let once = try document.filled(into: page)
        #expect(once.hasPrefix("# Title\n") && once.hasSuffix("\n\nNotes\n"))
        #expect(once.contains("## Fan-out") && !once.contains("old"))
        #expect(try document.filled(into: once) == once)
        #expect(throws: BenchError.self) { try document.filled(into: "# Title\n") }
    }

    @Test func `draws what is well-formed`() throws {
        let plots = try BenchmarksDocument(lines()).plots
        #expect(plots.map(\.name) == ["cost.svg", "latency.svg", "joiner.svg", "slow.svg"])
        for plot in plots {
            #expect(plot.svg.hasPrefix("<svg xmlns="))
            #expect(XMLFault.first(in: plot.svg) == nil, "\(plot.name): \(XMLFault.first(in: plot.svg) ?? "")")
        }
        #expect(XMLFault.first(in: "<svg><g></svg>") != nil)
        #expect(XMLFault.first(in: "<svg a=1></svg>") != nil)
        #expect(XMLFault.first(in: "<svg>a & b</svg>") != nil)
    }

    @Test func `escapes what stands in a title`() {
        var svg = SVG(width: 10, height: 10, title: "a < b & \"c\"")
        svg.text("<script>", 1, 1)
        #expect(XMLFault.first(in: svg.document) == nil)
        #expect(!svg.document.contains("<script>"))
    }

    @Test func `has an axis that holds all values`() {
        let axis = LogAxis(over: [0.03, 4, 250], from: 0, length: 100)
        #expect(axis.ticks.count == 6)
        #expect(axis.place(of: 0.01) == 0 && axis.place(of: 1_000) == 100)
        #expect(axis.place(of: 0.03) > 0 && axis.place(of: 250) < 100)
        #expect(LogAxis(over: [], from: 0, length: 1).ticks.count == 2)
    }

    @Test(arguments: [
        (0.0, "0"), (0.0314, "0.031"), (3.456, "3.46"), (34.56, "34.6"), (345.6, "346"), (1_234_567.8, "1,234,568"),
        (7, "7"), (1_000, "1,000"), (-3.456, "-3.46"),
    ])
    func `writes numbers as people read them`(number: Double, text: String) { #expect(Decimal.text(number) == text) }

    @Test func `in the tree is made from the results beside it`() throws {
        let folder = PackageFiles.root + "/docs/"
        let results = try ResultFile.lines(of: folder + "benchmarks.jsonl")
        let document = try BenchmarksDocument(results)
        let page = try PackageFiles.text(at: folder + "benchmarks.md")
        let isSame = try document.filled(into: page) == page
        #expect(isSame, "scripts/bench document makes docs/benchmarks.md anew")
        for plot in document.plots {
            let svg = try PackageFiles.text(at: folder + BenchmarksDocument.imageFolder + "/" + plot.name)
            #expect(svg == plot.svg, "\(plot.name)")
        }
    }
}

/// What is wrong with a text that should be XML, as far as a small writer can go wrong.
enum XMLFault {
    static func first(in text: String) -> String? {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            if let fault = fault(inText: rest[..<start]) { return fault }
            guard let end = rest[start...].firstIndex(of: ">") else { return "a tag without end" }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "<\(tag)> closes what is not open" }
            } else {
                if let fault = fault(inAttributes: tag) { return fault }
                if !tag.hasSuffix("/") { open.append(tag.prefix { $0 != " " }) }
            }
        }
        return open.isEmpty ? fault(inText: rest) : "\(open) is never closed"
    }

    private static func fault(inText text: Substring) -> String? {
        var rest = text
        while let place = rest.firstIndex(of: "&") {
            rest = rest[place...]
            guard ["&amp;", "&lt;", "&gt;", "&quot;"].contains(where: { rest.hasPrefix($0) }) else { return "a bare &" }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func fault(inAttributes tag: Substring) -> String? {
        let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1 else { return "a quote is open in <\(tag)>" }
        for (index, part) in parts.enumerated() {
            if index % 2 == 1 {
                if part.contains("<") || fault(inText: part) != nil { return "an attribute of <\(tag)>" }
            } else if index + 1 < parts.count, !part.hasSuffix("=") {
                return "an attribute without a name in <\(tag)>"
            } else if index > 0, part.contains("="), index + 1 == parts.count {
                return "an attribute without quotes in <\(tag)>"
            } else if parts.count == 1, part.contains("=") {
                return "an attribute without quotes in <\(tag)>"
            }
        }
        return nil
    }
}
