/// What arrived, and how long it took.
struct Tally: Sendable {
    /// Values handed to a listener, whenever they were sent.
    var deliveries: UInt64 = 0
    /// Of values that were due within `measured`, however late they came.
    var latencies = Histogram()
    var measured: Range<UInt64> = 0..<0
    /// Values of other runs, and bytes that could not be read.
    var strays = 0

    mutating func take(_ count: UInt64, due: UInt64, at now: UInt64) {
        deliveries &+= count
        if measured.contains(due) { latencies.record(now > due ? now &- due : 0, times: count) }
    }
}

/// Which params a session has seen, of those whose addresses end in their number.
struct ParamSet: Sendable {
    private var words: [UInt64]
    private(set) var count = 0
    let total: Int

    init(_ total: Int) {
        self.total = total
        words = [UInt64](repeating: 0, count: total / 64 + 1)
    }

    var isComplete: Bool { count == total }

    mutating func insert(_ number: Int) {
        guard number >= 0, number < total, words[number >> 6] & (1 << UInt64(number & 63)) == 0 else { return }
        words[number >> 6] |= 1 << UInt64(number & 63)
        count += 1
    }
}
