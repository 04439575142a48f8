/// What `relay-bench all` runs.
enum Suite {
    /// Each as it would be typed. The short form is for trying out.
    static func cases(short: Bool) -> [[String]] {
        let seconds = short ? ["--seconds", "0.5", "--warm-up", "0.2"] : []
        var cases: [[String]] = []
        for subscribers in ["10", "100", "1000"] { cases.append(["fanout", "--subscribers", subscribers] + seconds) }
        for (subscribers, rate) in [("10", "1000"), ("100", "1000"), ("100", "5000"), ("1000", "100")] {
            cases.append(["fanout", "--subscribers", subscribers, "--rate", rate] + seconds)
        }
        cases.append(["fanout", "--subscribers", "100", "--rate", "5000", "--quality", "confirm"] + seconds)
        cases.append(["rooms"] + seconds)
        let joiners = short ? ["--joiners", "2"] : []
        for params in short ? ["10000", "100000"] : ["10000", "100000", "1000000"] {
            cases.append(["joiner", "--params", params] + joiners)
        }
        cases.append(["idle"] + (short ? ["--seconds", "0.5", "--settle", "0.5"] : []))
        let stall = short ? ["--stall", "1", "--seconds", "0.5"] : []
        cases.append(["slow"] + stall)
        // So many sockets take a while to fill.
        let many = ["--subscribers", "5", "--slow", "200", "--addresses", "1000", "--size", "400", "--fill", "4"]
        cases.append(["slow"] + many + stall)
        cases.append(["churn"] + seconds)
        return cases
    }
}
