@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Params end` {
    private func kit(ttl: UInt32 = 0) -> (HubKit, writer: Int, listener: Int) {
        var limits = HubLimits()
        limits.paramTimeToLive = ttl
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        return (kit, clients[0], clients[1])
    }

    @Test func `by themselves only if they were given a time`() {
        let (kit, writer, _) = kit()
        kit.set(writer, "/a", 1)
        kit.advance(by: 1_000_000_000_000)
        #expect(kit.hub.paramCount == 1)
    }

    @Test func `a sliding time starts again with every write`() {
        let (kit, writer, listener) = kit()
        kit.say(Say.set("/a", 1, ttl: 10), as: writer)
        kit.advance(by: 9_000_000)
        kit.set(writer, "/a", 2)
        kit.say(Say.get("/a"), as: writer)
        kit.advance(by: 9_999_999)
        #expect(kit.hub.paramCount == 1)
        _ = kit.take(listener)
        kit.advance(by: 1)
        #expect(kit.hub.paramCount == 0)
        #expect(kit.take(listener) == [.set("/a", nil, 3)])
        #expect(kit.hub.counters.expired == 1)
    }

    @Test func `an absolute time starts with the SET that carried it`() {
        let (kit, writer, listener) = kit()
        kit.say(Say.set("/a", 1, ttl: 0x8000_000A), as: writer)
        kit.advance(by: 9_000_000)
        kit.set(writer, "/a", 2)
        kit.advance(by: 1_000_000)
        #expect(kit.sets(listener).map(\.revision) == [1, 2, 3])
        #expect(kit.hub.paramCount == 0)
    }

    @Test func `never is never, and a default is for those who say nothing`() {
        let (kit, writer, _) = kit(ttl: 60)
        kit.say(Say.set("/never", 1, ttl: 0), as: writer)
        kit.say(Say.set("/own", 1, ttl: 100), as: writer)
        kit.set(writer, "/default", 1)
        kit.advance(by: 60_000_000)
        #expect(kit.hub.paramCount == 2)
        kit.advance(by: 40_000_000)
        #expect(kit.hub.paramCount == 1)
        kit.set(writer, "/never", 2)
        kit.advance(by: 100_000_000)
        #expect(kit.hub.paramCount == 1)
    }

    @Test func `after its end a param starts again at revision one`() {
        let (kit, writer, listener) = kit()
        kit.say(Say.set("/a", 1, ttl: 1), as: writer)
        kit.say(Say.set("/a", 2), as: writer)
        kit.advance(by: 1_000_000)
        kit.say(Say.set("/a", 3, .confirm), as: writer)
        #expect(kit.take(writer) == [.ack(address: "/a", revision: 1)])
        #expect(kit.sets(listener).map(\.revision) == [1, 2, 3, 1])
        // And without the time that the old one had.
        kit.advance(by: 100_000_000)
        #expect(kit.hub.paramCount == 1)
    }

    /// Nobody ticks in time: the hub finds out when it is asked.
    @Test func `it is gone at its time, whoever asks first`() {
        let (kit, writer, listener) = kit()
        kit.say(Say.set("/a", 1, ttl: 1), as: writer)
        _ = kit.take(listener)
        kit.faults = FaultyWires(.late, oneIn: 1)
        kit.advance(by: 2_000_000)
        kit.say(Say.get("/a"), as: writer)
        #expect(kit.take(writer).isEmpty)
        #expect(kit.take(listener) == [.set("/a", nil, 2)])
        #expect(kit.items(kit.join()).isEmpty)
    }

    @Test func `a clock that is set does not change how long`() {
        let (kit, writer, _) = kit()
        kit.say(Say.set("/a", 1, ttl: 10), as: writer)
        kit.setClock(by: -3_600_000_000)
        kit.set(writer, "/a", 2)
        kit.say(Say.set("/b", 2, ttl: 0x8000_000A), as: writer)
        kit.setClock(by: 7_200_000_000)
        kit.advance(by: 9_999_999)
        #expect(kit.hub.paramCount == 2)
        kit.advance(by: 1)
        #expect(kit.hub.paramCount == 0)
    }

    @Test func `ever shorter times do not fill the queue`() {
        let (kit, writer, _) = kit()
        for seconds in (1...100_000).reversed() {
            kit.say(Say.set("/a", 1, ttl: UInt32(seconds) + 1_000_000), as: writer)
        }
        #expect(kit.hub.deadlines.count < 1000)
    }

    @Test func `a storm of ends is worked off in pieces`() {
        let (kit, writer, listener) = kit()
        for number in 0..<10_000 { kit.say(Say.set("/\(number)", 1, ttl: 5), as: writer) }
        _ = kit.take(listener)
        var moment = kit.now
        moment.uptime += 5_000_000
        moment.unix += 5_000_000
        var output = HubOutput(journal: .init(after: 0))
        kit.hub.tick(at: moment, into: &output)
        #expect(output.actions.count < 5000)
        #expect((kit.hub.nextDue ?? .max) <= moment.uptime)
        kit.advance(by: 5_000_000)
        #expect(kit.hub.paramCount == 0)
    }
}
