/// What became of the numbered messages of one sender at one listener: which are missing, came twice or late.
///
/// Exact, however long the run: gaps are kept as ranges, and a number that comes late closes its place in one.
struct SequenceCheck: Sendable {
    /// One above the highest number that came.
    private(set) var next: UInt64
    private(set) var duplicates: UInt64 = 0
    private(set) var reordered: UInt64 = 0
    /// Rising, apart from each other, below `next`.
    private var gaps: [Range<UInt64>] = []

    /// `next`: where it begins. What came before is nobody's business.
    init(next: UInt64 = 0) { self.next = next }

    @inline(__always)
    mutating func take(_ number: UInt64) {
        if number == next {
            next &+= 1
        } else {
            takeOutOfTurn(number)
        }
    }

    /// How many different ones came.
    var received: UInt64 { gaps.reduce(next) { $0 - UInt64($1.count) } }

    @inline(never)
    private mutating func takeOutOfTurn(_ number: UInt64) {
        if number > next {
            gaps.append(next..<number)
            next = number + 1
            return
        }
        guard let place = gaps.lastIndex(where: { $0.lowerBound <= number }), gaps[place].contains(number) else {
            duplicates += 1
            return
        }
        reordered += 1
        let parts = [gaps[place].lowerBound..<number, number + 1..<gaps[place].upperBound]
        gaps.replaceSubrange(place...place, with: parts.filter { !$0.isEmpty })
    }
}
