/// How values spread: one count for each power of two. Recording costs a few instructions and no allocation, so the
/// loop can do it in every turn.
///
/// Place `n` holds the values up to 2^n that are above 2^(n-1); the last one holds everything larger.
package struct Histogram: Sendable {
    package static let places = 26
    private var counts = InlineArray<26, UInt64>(repeating: 0)
    package private(set) var sum: UInt64 = 0

    package init() {}

    @inline(__always)
    package mutating func record(_ value: UInt64) {
        let place = value <= 1 ? 0 : 64 - (value - 1).leadingZeroBitCount
        counts[min(place, Self.places - 1)] &+= 1
        sum &+= value
    }

    package var count: UInt64 { counts.indices.reduce(0) { $0 &+ counts[$1] } }

    /// Up to each bound, how many values are at most so large. The largest have no bound.
    package var cumulated: [(bound: UInt64, count: UInt64)] {
        var total: UInt64 = 0
        return (0..<Self.places - 1).map { place in
            total &+= counts[place]
            return (UInt64(1) << UInt64(place), total)
        }
    }
}

extension Histogram: Equatable {
    package static func == (one: Histogram, other: Histogram) -> Bool {
        one.sum == other.sum && one.counts.indices.allSatisfy { one.counts[$0] == other.counts[$0] }
    }
}
