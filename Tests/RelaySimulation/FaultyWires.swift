/// Mistakes put in on purpose between hub and clients. A simulation that does not notice them proves nothing.
package struct FaultyWires {
    package enum Fault: String, CaseIterable, Sendable {
        /// A skipped frame is now and then not reported, as if a dirty bit were lost.
        case missed
        /// A frame is now and then delivered twice, or not at all.
        case twice
        case lost
        /// Two frames now and then change places.
        case swapped
        /// A deadline is now and then passed over.
        case late
        /// An ended connection is now and then not reported.
        case goodbye
    }

    private let fault: Fault?
    private let interval: Int?
    private var count = 0

    /// `interval`: how many chances there are between two mistakes; each kind has one of its own otherwise.
    package init(_ fault: Fault? = nil, oneIn interval: Int? = nil) {
        self.fault = fault
        self.interval = interval
    }

    private mutating func strikes(_ wanted: Fault, oneIn usual: Int) -> Bool {
        guard fault == wanted else { return false }
        count += 1
        return count % (interval ?? usual) == 0
    }

    mutating func forgetsMissed() -> Bool { strikes(.missed, oneIn: 100) }
    mutating func losesGoodbye() -> Bool { strikes(.goodbye, oneIn: 20) }
    mutating func skipsTick() -> Bool { strikes(.late, oneIn: 100) }
    mutating func swaps() -> Bool { strikes(.swapped, oneIn: 1000) }

    mutating func copies() -> Int {
        if strikes(.twice, oneIn: 1000) { return 2 }
        return strikes(.lost, oneIn: 1000) ? 0 : 1
    }
}
