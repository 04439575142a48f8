@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Thinned subscriptions` {
    private struct Stage {
        let kit = HubKit()
        let from: Int
        let to: Int

        init(_ options: Say.Options, pattern: String = "/**") {
            let clients = kit.joined(2)
            (from, to) = (clients[0], clients[1])
            kit.say(Say.subscribe(1, pattern, options), as: to)
        }

        func set(_ value: Double) { kit.set(from, "/a", .double(value)) }
        func stream(_ value: Int64) { kit.say(Say.publish("/a", .stream, .int(value)), as: from) }
        func values() -> [Double] { kit.sets(to).compactMap { $0.plain?.double } }
        func streams() -> [Int64] { kit.publishes(to).compactMap { $0.plain?.int } }
    }

    @Test func `get so many a second, and the last one always`() {
        let stage = Stage(Say.Options(maxRate: 10))
        for number in 0..<100 {
            stage.set(Double(number))
            stage.kit.advance(by: 10_000)
        }
        let values = stage.values()
        #expect((10...12).contains(values.count))
        stage.kit.advance(by: 200_000)
        #expect((values + stage.values()).last == 99)
    }

    @Test func `get streams the same way, and events all`() {
        let stage = Stage(Say.Options(maxRate: 10))
        for number in 0..<100 {
            stage.stream(Int64(number))
            stage.kit.advance(by: 1_000)
        }
        stage.kit.advance(by: 200_000)
        #expect(stage.streams() == [0, 99])
        for number in 0..<5 { stage.kit.say(Say.publish("/a", .event, .int(Int64(number))), as: stage.from) }
        #expect(stage.streams() == [0, 1, 2, 3, 4])
    }

    @Test func `are not told of small changes at once, but end up right`() {
        let stage = Stage(Say.Options(epsilon: 1))
        for value in [10.0, 10.5, 10.9, 11, 11.5, 13] { stage.set(value) }
        #expect(stage.values() == [10, 11, 13])
        stage.set(13.5)
        #expect(stage.values() == [])
        stage.kit.advance(by: 2_000_000)
        #expect(stage.values() == [13.5])
        stage.kit.set(stage.from, "/a", "text")
        #expect(stage.kit.sets(stage.to).count == 1)
    }

    @Test func `of several the least restrictive counts`() {
        let stage = Stage(Say.Options(maxRate: 1))
        stage.kit.say(Say.subscribe(2, "/a"), as: stage.to)
        for number in 0..<10 { stage.set(Double(number)) }
        #expect(stage.values().count == 10)
    }

    @Test func `each address and each session for itself`() {
        let stage = Stage(Say.Options(maxRate: 1))
        let other = stage.kit.joined(1)[0]
        stage.kit.subscribe(other, "/**")
        for address in ["/a", "/b", "/a", "/b"] { stage.kit.set(stage.from, address, 1) }
        #expect(stage.kit.sets(stage.to).map(\.address) == ["/a", "/b"])
        #expect(stage.kit.sets(other).count == 4)
    }

    @Test func `owe nothing any more to who has unsubscribed`() {
        let stage = Stage(Say.Options(maxRate: 1))
        for number in 0..<3 {
            stage.set(Double(number))
            stage.stream(Int64(number))
        }
        _ = stage.kit.take(stage.to)
        stage.kit.say(Say.unsubscribe(1), as: stage.to)
        stage.kit.advance(by: 5_000_000)
        #expect(stage.kit.take(stage.to).isEmpty)
    }

    @Test func `do not tell an older stream after a newer one`() {
        let stage = Stage(Say.Options(maxRate: 1))
        for number in 0..<3 { stage.stream(Int64(number)) }
        stage.kit.say(Say.subscribe(2, "/a"), as: stage.to)
        stage.stream(3)
        stage.kit.advance(by: 5_000_000)
        #expect(stage.streams() == [0, 3])
    }

    @Test func `of a param that is gone say that it is gone`() {
        let stage = Stage(Say.Options(maxRate: 1))
        stage.set(1)
        stage.kit.say(Say.set("/a", 2, ttl: 3), as: stage.from)
        stage.kit.advance(by: 10_000_000)
        #expect(stage.kit.sets(stage.to).map(\.plain) == [1.0, 2, .null])
    }

    @Test func `are remembered up to a bound, and forgotten with the session`() {
        var limits = HubLimits()
        limits.maxPacedAddresses = 10
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        kit.say(Say.subscribe(1, "/**", Say.Options(maxRate: 1)), as: clients[1])
        for number in 0..<20 { kit.set(clients[0], "/\(number)", 1) }
        #expect(kit.hub.paced.count == 10)
        kit.close(clients[1])
        #expect(kit.hub.paced.count == 0)
    }
}

@Suite struct `Subscriptions with history` {
    private struct Stage {
        let kit: HubKit
        let from: Int
        let first: Int

        init(limits: HubLimits = HubLimits()) {
            kit = HubKit(limits: limits)
            let clients = kit.joined(2)
            (from, first) = (clients[0], clients[1])
        }

        func publish(_ address: String, _ signal: Signal, _ value: Int64) {
            kit.say(Say.publish(address, signal, .int(value)), as: from)
        }

        func late(_ pattern: String, types: SignalSet = [], _ options: Say.Options) -> [Int64] {
            let client = kit.joined(1)[0]
            kit.say(Say.subscribe(1, pattern, types: types, options), as: client)
            return kit.publishes(client).compactMap { $0.plain?.int }
        }
    }

    @Test func `get the last signals, once somebody has asked for them`() {
        let stage = Stage()
        stage.publish("/e", .event, 0)
        #expect(stage.late("/e", Say.Options(history: 5)) == [])
        for number in 1...9 { stage.publish("/e", .event, Int64(number)) }
        stage.publish("/f", .stream, 10)
        #expect(stage.late("/**", Say.Options(history: 3)) == [7, 8, 9])
        stage.publish("/f", .stream, 11)
        stage.publish("/e", .event, 12)
        #expect(stage.late("/**", Say.Options(history: 2)) == [9, 11, 12])
        #expect(stage.late("/**", types: SignalSet(.stream), Say.Options(history: 2)) == [11])
        #expect(stage.late("/*", Say.Options()) == [])
    }

    @Test func `no older than their window`() {
        let stage = Stage()
        stage.kit.say(Say.subscribe(1, "/e", Say.Options(history: 1)), as: stage.first)
        stage.publish("/e", .event, 1)
        stage.kit.advance(by: 5_000_000)
        stage.publish("/e", .event, 2)
        #expect(stage.late("/e", Say.Options(history: 9, window: 4_000)) == [2])
        #expect(stage.late("/e", Say.Options(history: 9, window: 6_000)) == [1, 2])
    }

    @Test func `in bounded memory, per address, in addresses and in bytes`() {
        var limits = HubLimits()
        limits.maxRecentPerAddress = 4
        limits.maxRecentAddresses = 16
        let stage = Stage(limits: limits)
        stage.kit.say(Say.subscribe(1, "/**", Say.Options(history: 1)), as: stage.first)
        for number in 0..<1000 { stage.publish("/\(number % 100)", .event, Int64(number)) }
        for number in 0..<10 { stage.publish("/last", .event, Int64(number)) }
        #expect(stage.kit.hub.recent.addressCount <= 16)
        #expect(stage.late("/last", Say.Options(history: 100)) == [6, 7, 8, 9])
    }

    @Test func `answers that would fill a queue hold the newest`() {
        let stage = Stage()
        stage.kit.say(Say.subscribe(1, "/**", Say.Options(history: 1)), as: stage.first)
        let text = String(repeating: "x", count: 2_000)
        for number in 0..<2_000 {
            stage.kit.say(
                Say.publish("/\(number % 20)", .event, .array([.int(Int64(number)), .string(text)])), as: stage.from)
        }
        let client = stage.kit.joined(1)[0]
        stage.kit.keepsFrames = true
        stage.kit.say(Say.subscribe(1, "/**", Say.Options(history: 100)), as: client)
        #expect(stage.kit.takeFrames(client).reduce(0) { $0 + $1.count } < 512 << 10)
        let numbers = stage.kit.publishes(client).compactMap { $0.plain?[0]?.int }
        #expect(numbers.last == 1_999)
        #expect(numbers == numbers.sorted())
        #expect(numbers.count > 50)
    }
}
