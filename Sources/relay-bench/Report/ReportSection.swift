/// How the results of one scenario are told.
struct ReportSection: Sendable {
    struct Picture: Sendable {
        let name: String
        let title: String
        let scenarios: [String]
        /// Nil when there is nothing to draw.
        let svg: @Sendable ([Runs]) -> String?
    }

    let scenario: String
    let title: String
    let text: String
    let tables: [[Column]]
    /// A line for each figure, and a column for each case.
    var isTurned = false
    var plots: [Picture] = []

    static var all: [ReportSection] { [fanOut, rooms, joiner, idle, slow, churn, storage, codec] }

    private static let losses: [Column] = [
        .total("missing", "missing"), .total("twice", "duplicates"), .total("out of order", "reordered"),
    ]
    private static let cost: [Column] = [
        .spread("deliveries/s", "deliveries_per_s"), .spread("CPU µs per delivery", "cpu_us_per_delivery"),
        .median("of it user", "user_us_per_delivery"), .median("relay CPU %", "cpu_percent"),
    ]
    private static let latency: [Column] = [
        .spread("p50 µs", "p50_us"), .spread("p99 µs", "p99_us"), .median("p99.9 µs", "p999_us"),
        .median("longest µs", "max_us"),
    ]

    private static let fanOut = ReportSection(
        scenario: "fanout", title: "Fan-out",
        text: "Publishers → subscribers of one address, values of 32 bytes. A delivery is one message handed to one "
            + "subscriber; its CPU time includes the kernel's work in the relay's system calls. *Full speed* keeps 256 "
            + "messages under way, so latency there is the time in that queue.",
        tables: [cost, latency + losses],
        plots: [
            Picture(
                name: "cost.svg", title: "CPU time of the relay per delivery", scenarios: ["fanout", "rooms"],
                svg: { dots($0, "CPU time of the relay per delivery", "µs", [("", "cpu_us_per_delivery", 1)]) }),
            Picture(
                name: "latency.svg", title: "Latency at fixed rates", scenarios: ["fanout", "rooms"], svg: curves),
        ])

    private static let rooms = ReportSection(
        scenario: "rooms", title: "Rooms",
        text: "Everybody in a room writes, and everybody gets everything, the own messages included.",
        tables: [cost, latency + losses])

    private static let joiner = ReportSection(
        scenario: "joiner", title: "A late joiner",
        text:
            "From HELLO until the session has every param. The second table is about two others who exchange a message "
            + "each millisecond meanwhile.",
        tables: [
            [
                .spread("ms until all are there", "join_ms"), .spread("CPU ms of the relay", "cpu_ms_per_join"),
                .median("MB received", "bytes_per_join", per: 1e6),
                .spread("CPU µs per SET before", "cpu_us_per_set"),
                .spread("resident bytes per param", "resident_bytes_per_param"),
            ],
            [
                .median("p50 µs without joiners", "p50_us_probe_alone"), .median("longest µs", "max_us_probe_alone"),
                .median("p50 µs while somebody joins", "p50_us_probe"), .median("p99 µs", "p99_us_probe"),
                .spread("longest µs", "max_us_probe"),
            ] + losses,
        ],
        plots: [
            Picture(
                name: "joiner.svg", title: "A late joiner", scenarios: ["joiner"],
                svg: {
                    dots(
                        $0, "A late joiner", "ms",
                        [
                            ("until all are there", "join_ms", 1), ("CPU of the relay", "cpu_ms_per_join", 1),
                            ("longest wait of others", "max_us_probe", 1_000),
                        ])
                })
        ])

    private static let idle = ReportSection(
        scenario: "idle", title: "Idle sessions",
        text: "Each has connected, said HELLO and subscribed. Resident memory is the growth of the whole process since "
            + "it was started.",
        tables: [
            [
                .spread("resident bytes per session", "resident_bytes_per_session"),
                .median("resident before, KiB", "resident_before_bytes", per: 1_024),
                .spread("joins/s", "joins_per_s"), .spread("CPU µs per join", "cpu_us_per_join"),
                .spread("CPU ms/s while idle", "idle_cpu_ms_per_s"), .total("closed", "closed"),
            ]
        ])

    private static let slow = ReportSection(
        scenario: "slow", title: "Slow peers",
        text: "Subscribers alone; then beside others that read nothing; then those read again. First what the ones who "
            + "keep reading notice, then what the slow ones cost and end up with. *Left out* are values that a newer one "
            + "of the same address replaced. Some of the slowest wait for their own TCP, which tries a peer whose buffer "
            + "was full again after pauses that double.",
        tables: [
            [
                .median("p50 µs before", "p50_us_before"), .median("meanwhile", "p50_us_during"),
                .median("after", "p50_us_after"), .median("p99 µs before", "p99_us_before"),
                .median("meanwhile", "p99_us_during"), .median("after", "p99_us_after"),
            ] + losses,
            [
                .spread("memory grown, KiB per slow peer", "resident_bytes_grown_per_slow", per: 1_024),
                .median("ms until newest values", "catch_up_ms"), .median("slowest", "slowest_catch_up_ms"),
                .median("left out", "slow_conflated"), .total("closed with 1013", "slow_closed_1013"),
                .total("without newest value", "slow_without_newest"), .total("lost without a word", "slow_lost"),
            ],
        ],
        plots: [
            Picture(
                name: "slow.svg", title: "Latency of the others beside slow peers", scenarios: ["slow"],
                svg: {
                    dots(
                        $0, "p99 of the others", "µs",
                        [
                            ("before", "p99_us_before", 1), ("beside slow peers", "p99_us_during", 1),
                            ("after", "p99_us_after", 1),
                        ])
                })
        ])

    private static let churn = ReportSection(
        scenario: "churn", title: "Coming and going",
        text:
            "Sessions connect, subscribe and leave while a fan-out to 10 goes on at 1,000/s. A join takes from the moment "
            + "it was due until its subscription holds.",
        tables: [
            [
                .spread("joins/s", "joins_per_s"), .spread("CPU µs per join", "cpu_us_per_join"),
                .median("join p50 µs", "p50_us_join"), .median("p99", "p99_us_join"), .median("longest", "max_us_join"),
                .total("failed", "joins_failed"),
            ],
            [
                .median("p50 µs of the others alone", "p50_us_alone"), .median("meanwhile", "p50_us_beside"),
                .median("p99 µs alone", "p99_us_alone"), .median("meanwhile", "p99_us_beside"),
                .median("memory grown, KiB", "resident_bytes_grown", per: 1_024),
            ] + losses,
        ])

    private static let storage = ReportSection(
        scenario: "storage", title: "Storage", text: "The parts of `relay-bench storage`, without a relay around them.",
        tables: [StorageBench.columns], isTurned: true)

    private static let codec = ReportSection(
        scenario: "codec", title: "Reading and writing frames",
        text: "`relay-bench codec`, one thread; `make instructions` counts instead of timing.",
        tables: [
            [
                .median("bytes", "bytes"), .median("messages/s", "messages_per_s"),
                .median("ns a message", "median_ns"), .median("fastest run", "fastest_ns"),
                .median("slowest run", "slowest_ns"),
            ]
        ])

    // MARK: Drawing

    @Sendable private static func dots(
        _ runs: [Runs], _ title: String, _ unit: String, _ figures: [(name: String, key: String, per: Double)]
    ) -> String? {
        let rows = runs.compactMap { run -> (name: String, dots: [DotPlot.Dot])? in
            let dots = figures.enumerated().compactMap { index, figure -> DotPlot.Dot? in
                guard let found = run.spread(figure.key, per: figure.per), found.least > 0 else { return nil }
                return DotPlot.Dot(series: index, median: found.median, least: found.least, greatest: found.greatest)
            }
            return dots.isEmpty ? nil : (run.name, dots)
        }
        guard !rows.isEmpty else { return nil }
        return DotPlot(title: title, unit: unit, series: figures.map(\.name), rows: rows).svg
    }

    @Sendable private static func curves(_ runs: [Runs]) -> String? {
        let curves = runs.map { CurvePlot.Curve(name: $0.name, points: $0.curve) }.filter { !$0.points.isEmpty }
        return curves.isEmpty ? nil : CurvePlot(title: "Latency at fixed rates", curves: curves).svg
    }
}
