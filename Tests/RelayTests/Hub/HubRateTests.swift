@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `How often` {
    private func stage(rate: Int = 10, burst: Int = 20, free: UInt16 = 5) -> (HubKit, Int) {
        var limits = HubLimits()
        limits.messageRate = rate
        limits.messageBurst = burst
        limits.freeSubscribes = free
        let kit = HubKit(
            limits: limits, doorkeeper: ListedTokens(["t": .init(user: "u", scopes: ["admin:/**"])]))
        return (kit, kit.joined(token: "t"))
    }

    @Test func `a burst, then a steady rate, and ERROR 429 once a second`() {
        let (kit, client) = stage()
        for _ in 0..<50 { kit.say(Say.ping(), as: client) }
        let heard = kit.take(client)
        #expect(heard.count { $0 == .pong } == 20)
        #expect(heard.compactMap(\.code) == [429])
        #expect(heard.compactMap(\.address).isEmpty)
        var pongs = 0
        var errors = 0
        for _ in 0..<100 {
            kit.advance(by: 50_000)
            kit.say(Say.ping(), as: client)
            let heard = kit.take(client)
            pongs += heard.count { $0 == .pong }
            errors += heard.compactMap(\.code).count
        }
        #expect((49...51).contains(pongs))
        #expect((4...6).contains(errors))
        #expect(kit.hub.counters.limits[.rate] > 50)
    }

    @Test func `what is over the rate is not carried out`() {
        let (kit, client) = stage()
        for number in 0..<30 { kit.set(client, "/\(number)", 1) }
        #expect(kit.hub.paramCount == 20)
    }

    @Test func `what does not decode counts as well`() {
        let (kit, client) = stage()
        for _ in 0..<20 { kit.say(Say.frame([0x99]), as: client) }
        kit.say(Say.ping(), as: client)
        #expect(kit.errors(client) == [429])
    }

    @Test func `a session's first subscriptions are free`() {
        let (kit, client) = stage(free: 100)
        for number in 0..<100 { kit.say(Say.subscribe(UInt32(number), "/a"), as: client) }
        for _ in 0..<20 { kit.say(Say.ping(), as: client) }
        #expect(kit.errors(client).isEmpty)
        kit.say(Say.subscribe(1, "/a"), as: client)
        #expect(kit.errors(client) == [429])
    }

    @Test func `what is in a bundle counts`() {
        let (kit, client) = stage()
        let three = (0..<3).map { Say.setBody("/\($0)", 1) }
        for _ in 0..<7 { kit.say(Say.bundle(three, .fire), as: client) }
        #expect(kit.errors(client) == [429])
        #expect(kit.hub.counters.accepted == 18)
    }

    @Test func `a bundle larger than the burst can be paid for by one that has been quiet`() {
        let (kit, client) = stage()
        let many = (0..<50).map { Say.setBody("/\($0)", 1) }
        kit.say(Say.bundle(many, .fire), as: client)
        #expect(kit.hub.paramCount == 50)
    }

    @Test func `in open mode nobody counts`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        for _ in 0..<5_000 { kit.say(Say.ping(), as: client) }
        #expect(kit.take(client).count == 5_000)
    }
}
