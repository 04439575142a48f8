@testable import Relay
import RelayTestKit
import Testing

@Suite struct `The queue of deadlines` {
    @Test func `gives what is due, earliest first, and keeps the rest`() {
        var random = SeededRandom(seed: 3)
        var queue = DeadlineQueue<UInt64>()
        var left: [UInt64] = []
        var now: UInt64 = 0
        for _ in 0..<2_000 {
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let deadline = now + UInt64.random(in: 0...1_000, using: &random)
                queue.add(deadline, at: deadline)
                left.append(deadline)
            }
            now += UInt64.random(in: 0...400, using: &random)
            var given: [UInt64] = []
            while let item = queue.popDue(at: now) { given.append(item) }
            #expect(given == left.filter { $0 <= now }.sorted())
            left.removeAll { $0 <= now }
            #expect(queue.next == left.min())
            #expect(queue.count == left.count)
        }
    }
}
