import RelayTestKit
import Testing

@testable import RelayNet

@Suite struct TimerWheelTests {
    /// What the wheel must agree with: all timers in one list.
    struct Naive {
        var timers: [(deadline: UInt64, token: UInt64)] = []
        var now: UInt64 = 0

        mutating func advance(to tick: UInt64) -> [UInt64] {
            now = max(now, tick)
            let due = timers.filter { $0.deadline <= now }.sorted { $0.deadline < $1.deadline }
            timers.removeAll { $0.deadline <= now }
            return due.map(\.token)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `agrees with a plain list under random use`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let start = seed % 2 == 0 ? 0 : random.next() >> 20
        var wheel = TimerWheel(now: start)
        var naive = Naive(now: start)
        var live: [UInt64: TimerID] = [:]
        var deadlines: [UInt64: UInt64] = [:]
        for token in 0..<1_500 as Range<UInt64> {
            switch random.next() % 4 {
            case 0, 1:
                let scale = random.next() % 34
                let deadline = naive.now + random.next() % (1 << scale)
                live[token] = wheel.set(token, at: deadline)
                deadlines[token] = max(deadline, naive.now + 1)
                naive.timers.append((max(deadline, naive.now + 1), token))
            case 2:
                guard let victim = live.keys.sorted().randomElement(using: &random), let timer = live[victim] else {
                    continue
                }
                let cancelled = [wheel.cancel(timer), wheel.cancel(timer)]
                #expect(cancelled == [true, false])
                live[victim] = nil
                naive.timers.removeAll { $0.token == victim }
            default:
                let tick = naive.now + random.next() % (1 << (random.next() % 30))
                if let next = naive.timers.map(\.deadline).min() {
                    let promised = wheel.nextDeadline
                    #expect(promised.map { $0 <= next } == true, "the wheel must not sleep past a timer")
                }
                var due: [UInt64] = []
                wheel.advance(to: tick, into: &due)
                let expected = naive.advance(to: tick)
                #expect(due.sorted() == expected.sorted())
                #expect(due.map { deadlines[$0] ?? 0 } == expected.map { deadlines[$0] ?? 0 }, "earliest first")
                for token in due { live[token] = nil }
            }
            #expect(wheel.count == naive.timers.count)
        }
    }

    @Test func `a deadline that has passed fires at the next tick`() {
        var wheel = TimerWheel(now: 100)
        _ = wheel.set(7, at: 3)
        var due: [UInt64] = []
        wheel.advance(to: 100, into: &due)
        #expect(due.isEmpty)
        wheel.advance(to: 101, into: &due)
        #expect(due == [7])
    }

    @Test func `an identifier of an earlier timer cancels nothing`() {
        var wheel = TimerWheel()
        let first = wheel.set(1, at: 5)
        var due: [UInt64] = []
        wheel.advance(to: 5, into: &due)
        let second = wheel.set(2, at: 9)
        let cancelled = [wheel.cancel(first), wheel.cancel(.none), wheel.cancel(second)]
        #expect(cancelled == [false, false, true])
        #expect(wheel.count == 0)
    }
}
