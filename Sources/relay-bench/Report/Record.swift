import RelayJSON

/// What one run found: a line of JSON. Figures keep four digits behind the point.
struct Record {
    private(set) var members: [JSONMember]

    init(_ scenario: String, case name: String) {
        members = [JSONMember("scenario", .string(scenario)), JSONMember("case", .string(name))]
    }

    mutating func add(command: String) { members.insert(JSONMember("command", .string(command)), at: 2) }

    mutating func add(_ key: String, _ number: some BinaryInteger) {
        members.append(JSONMember(key, .int(Int64(clamping: number))))
    }

    mutating func add(_ key: String, _ number: Double?) {
        guard let number else { return }
        members.append(JSONMember(key, .double((number * 1e4).rounded() / 1e4)))
    }

    mutating func add(_ key: String, _ text: String) { members.append(JSONMember(key, .string(text))) }

    mutating func add(_ key: String, microseconds nanoseconds: UInt64) { add(key, Double(nanoseconds) / 1e3) }

    /// The quantiles that people ask for.
    mutating func add(_ latencies: Histogram, _ suffix: String = "") {
        guard latencies.count > 0 else { return }
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            add("\(name)_us\(suffix)", microseconds: latencies.quantile(share))
        }
        add("max_us\(suffix)", microseconds: latencies.greatest)
    }

    private mutating func addCurve(of latencies: Histogram) {
        let points = Self.shares.map { share -> JSONValue in
            [.double(share), .double(Double(latencies.quantile(share)) / 1e3)]
        }
        members.append(JSONMember("curve", .array(points)))
    }

    private static let shares = [0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999]

    mutating func add(_ measurement: Measurement, _ latencies: Histogram, withCurve: Bool) {
        add(measurement)
        add(latencies)
        if withCurve { addCurve(of: latencies) }
    }

    mutating func add(_ measurement: Measurement) {
        add("seconds", measurement.seconds)
        add("sent", measurement.sent)
        add("deliveries", measurement.deliveries)
        add("deliveries_per_s", Double(measurement.deliveries) / measurement.seconds)
        add("cpu_us_per_delivery", measurement.cpuPerDelivery)
        if let cpu = measurement.cpu, let user = measurement.user, measurement.deliveries > 0 {
            add("user_us_per_delivery", Double(user) / Double(measurement.deliveries) / 1e3)
            add("cpu_percent", Double(cpu) / measurement.seconds / 1e7)
        }
        add("generator_percent", measurement.generatorShare)
        add("others_percent", measurement.othersShare)
        add("generator_late_us", microseconds: measurement.latest)
    }

    mutating func add(_ losses: Losses) {
        add("missing", losses.missing)
        add("duplicates", losses.duplicates)
        add("reordered", losses.reordered)
        add("stale", losses.stale)
        add("closed", losses.closed)
        add("errors", losses.errors)
        add("strays", losses.strays)
    }

    var json: JSONValue { .object(members) }
    var line: [UInt8] { json.encoded() }
}
