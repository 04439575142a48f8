import RelayTestKit
import Testing

@testable import relay_bench

@Suite struct `A histogram` {
    @Test(arguments: [1, 7, 100, 10_000])
    func `knows quantiles as a sorted list does`(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        // Of every magnitude, as latencies are.
        let values = (0..<count).map { _ in
            UInt64.random(in: 0...UInt64.max, using: &random) >> Int.random(in: 24...63, using: &random)
        }
        var histogram = Histogram()
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        #expect(histogram.count == UInt64(count))
        #expect(histogram.least == sorted[0] && histogram.greatest == sorted[count - 1])
        for share in [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let rank = max(1, Int((share * Double(count)).rounded(.up)))
            let exact = sorted[rank - 1]
            let found = histogram.quantile(share)
            let error = found > exact ? found - exact : exact - found
            #expect(error <= exact / 128, "\(share) of \(count): \(found) for \(exact)")
        }
    }

    @Test func `takes many at a time for as many`() {
        var one = Histogram()
        var many = Histogram()
        for _ in 0..<900 { one.record(5_000) }
        one.record(70_000)
        many.record(5_000, times: 900)
        many.record(70_000)
        many.record(1, times: 0)
        for share in [0.5, 0.99, 0.999, 1] { #expect(one.quantile(share) == many.quantile(share)) }
        #expect(many.least == 5_000 && many.count == 901)
    }

    @Test func `holds nothing, and what is longer than it knows`() {
        #expect(Histogram().quantile(0.5) == 0)
        var histogram = Histogram()
        histogram.record(.max)
        #expect(histogram.quantile(0.5) == .max && histogram.greatest == .max)
    }
}

@Suite struct `A sequence` {
    @Test func `that comes in order misses nothing`() {
        let check = check(Array(0..<1_000))
        #expect(check.next == 1_000 && check.received == 1_000)
        #expect(check.duplicates == 0 && check.reordered == 0)
    }

    @Test func `shows what is missing, twice and late`() {
        let check = check([0, 1, 4, 4, 2, 2, 9, 7, 1])
        #expect(check.next == 10)
        // 3, 5, 6 and 8 never came.
        #expect(check.received == 6)
        #expect(check.duplicates == 3)
        #expect(check.reordered == 2)
    }

    @Test func `that begins later owes nothing before`() {
        var check = SequenceCheck(next: 500)
        check.take(500)
        check.take(502)
        #expect(503 - check.received == 1)
    }

    /// Against a set that remembers everything.
    @Test func `of any kind is counted like by hand`() {
        var random = SeededRandom(seed: 41)
        for _ in 0..<50 {
            var numbers = (0..<200).filter { _ in Bool.random(using: &random) }.map { UInt64($0) }
            for _ in 0..<20 {
                numbers.insert(.random(in: 0..<200, using: &random), at: .random(in: 0..<numbers.count, using: &random))
            }
            var seen: Set<UInt64> = []
            var (highest, duplicates, late) = (-1, 0, 0)
            for number in numbers {
                if !seen.insert(number).inserted { duplicates += 1 } else if Int(number) < highest { late += 1 }
                highest = max(highest, Int(number))
            }
            let check = check(numbers)
            #expect(check.received == UInt64(seen.count))
            #expect(check.duplicates == UInt64(duplicates) && check.reordered == UInt64(late))
        }
    }

    private func check(_ numbers: [UInt64]) -> SequenceCheck {
        var check = SequenceCheck()
        for number in numbers { check.take(number) }
        return check
    }
}
