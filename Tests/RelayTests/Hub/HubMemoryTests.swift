@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import RelayTestKit
import Testing

@Suite struct `The hub's memory` {
    @Test func `of addresses that only signals pass through is bounded`() {
        var limits = HubLimits()
        limits.maxIdleAddresses = 100
        let kit = HubKit(limits: limits)
        let client = kit.joined(1)[0]
        kit.set(client, "/kept", 1)
        for number in 0..<5_000 { kit.say(Say.publish("/\(number)/x", .event, 1), as: client) }
        #expect(kit.hub.addressCount <= 102)
        kit.say(Say.get("/kept"), as: client)
        #expect(kit.items(client).count == 1)
        #expect(kit.hub.addresses.tree.limit < 1_000)
    }

    @Test func `of addresses is bounded also while some of them cannot go`() {
        var limits = HubLimits()
        limits.maxIdleAddresses = 100
        limits.maxGestures = 64
        let kit = HubKit(limits: limits)
        let clients = kit.joined(40)
        for client in clients {
            for id in 0..<60 {
                kit.say(Say.publish("/g/\(client)/\(id)", .gesture, 1, phase: .start, id: 1), as: client)
            }
        }
        #expect(kit.hub.gestures.count == 2_400)
        for round in 0..<20 {
            let messages = (0..<1_000).map { Say.publishBody("/\(round)/\($0)", .event, 1) }
            kit.say(Say.bundle(messages), as: clients[0])
        }
        #expect(kit.hub.addressCount <= 2_400 + 1_200)
        for client in clients { kit.close(client) }
        let last = kit.joined(1)[0]
        for number in 0..<200 { kit.say(Say.publish("/last/\(number)", .event, 1), as: last) }
        #expect(kit.hub.addressCount <= 110)
    }

    @Test func `numbers are used again, and nothing of the address before is left`() {
        var limits = HubLimits()
        limits.maxIdleAddresses = 3
        let kit = HubKit(limits: limits)
        let clients = kit.joined(3)
        kit.subscribe(clients[1], "/a/**")
        kit.subscribe(clients[2], "/b/**")
        for number in 0..<500 {
            let to = number % 2 == 0 ? "/a/\(number)" : "/b/\(number)"
            switch number % 5 {
            case 0: kit.say(Say.set(to, .int(Int64(number)), ttl: 1), as: clients[0])
            case 1: kit.say(Say.publish(to, .gesture, 1, phase: .start), as: clients[0])
            default: kit.say(Say.publish(to, .event, 1), as: clients[0])
            }
            #expect(kit.take(clients[1]).count { _ in true } == (number % 2 == 0 ? 1 : 0), "\(number)")
            #expect(kit.take(clients[2]).count { _ in true } == (number % 2 == 0 ? 0 : 1), "\(number)")
            if number % 7 == 0 {
                kit.advance(by: 1_000_000)
                _ = (kit.take(clients[1]), kit.take(clients[2]))
            }
        }
    }

    @Test func `of sessions that come and go stays as it was`() {
        let kit = HubKit()
        let writer = kit.joined(1)[0]
        kit.set(writer, "/a", 1)
        for round in 0..<300 {
            let client = kit.join()
            kit.say(Say.subscribe(1, "/a/\(round)/*"), as: client)
            kit.say(Say.subscribe(2, "/**", Say.Options(maxRate: 1, history: 1)), as: client)
            kit.say(Say.set("/locked", 1, lock: true), as: client)
            kit.say(Say.publish("/g", .gesture, 1, phase: .start), as: client)
            kit.say(Say.bundle([Say.setBody("/x", 1)], at: kit.now.unix + 50_000_000), as: client)
            kit.stall(client)
            kit.set(writer, "/a", 1)
            kit.close(client)
        }
        #expect(kit.hub.subscriptionCount == 0)
        #expect(kit.hub.paced.count == 0)
        #expect(kit.hub.gestures.count == 0)
        #expect(kit.hub.bundles.count == 0)
        #expect(kit.hub.writers.count <= 2)
        #expect(kit.hub.sessions.count == 2)
        #expect(kit.hub.patterns.limit < 100)
        kit.advance(by: 120_000_000)
        #expect(kit.hub.deadlines.count <= 1)
    }

    @Test func `of who listens where has a bound of its own`() {
        var limits = HubLimits()
        limits.maxSessions = 0
        limits.maxCachedListeners = 10_000
        let kit = HubKit(limits: limits)
        let clients = kit.joined(200)
        for client in clients { kit.subscribe(client, "/**", types: SignalSet(.event)) }
        for number in 0..<500 {
            kit.say(Say.publish("/\(number)", .event, 1), as: clients[0])
            #expect(kit.hub.matches.listenerCount <= 10_000)
            for client in clients { _ = kit.take(client) }
        }
    }
}
