/// What arrived, and how long it took.
struct Tally: Sendable {
    /// Values of a stretch of time, by when they were due; however late they came.
    private struct Window {
        let due: Range<UInt64>
        var latencies = Histogram()
    }

    /// Values handed to a listener, whenever they were sent.
    private(set) var deliveries: UInt64 = 0
    /// Values of other runs, and bytes that could not be read.
    var strays = 0
    private var windows: [Window] = []

    mutating func take(_ count: UInt64, due: UInt64, at now: UInt64) {
        deliveries &+= count
        for index in windows.indices.reversed() where windows[index].due.contains(due) {
            windows[index].latencies.record(now > due ? now &- due : 0, times: count)
            return
        }
    }

    /// From now on the latencies of what is due in this time are kept. Which window that is.
    mutating func keepLatencies(of due: Range<UInt64>) -> Int {
        windows.append(Window(due: due))
        return windows.count - 1
    }

    /// Complete when all that was due in it has arrived.
    func latencies(_ window: Int) -> Histogram { windows[window].latencies }
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
