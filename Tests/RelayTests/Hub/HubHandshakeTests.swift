@testable import Relay
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `The hub greets` {
    @Test func `WELCOME, then one empty SNAPSHOT`() {
        let kit = HubKit()
        let client = kit.join()
        let heard = kit.take(client)
        #expect(heard == [.welcome(session: kit.clients[client].name, time: kit.now.unix), .snapshot([])])
    }

    @Test func `WELCOME, then everything that is stored, with who wrote it and when`() {
        let kit = HubKit()
        let writer = kit.join()
        kit.say(Say.set("/a", 1), as: writer)
        kit.say(Say.set("/a", 2), as: writer)
        let written = kit.now.unix
        kit.advance(by: 1_000_000)
        let client = kit.join()
        #expect(
            kit.items(client) == [
                Heard.SnapshotItem(
                    address: "/a", value: Say.bytes(of: 2), revision: 2, writer: kit.clients[writer].name,
                    timestamp: written)
            ])
    }

    @Test func `whatever is not HELLO ends the connection without an ERROR`() {
        for frame in [Say.ping(), Say.set("/a", 1), [1, 2, 3], [], Say.frame([0x99])] {
            let kit = HubKit()
            let client = kit.connect()
            kit.say(frame, as: client)
            let heard = kit.take(client)
            #expect(heard.count == 1)
            guard case .closed(let code, let reason)? = heard.first else { continue }
            #expect(code == 1002 && !reason.isEmpty)
        }
    }

    @Test func `who says nothing for ten seconds is sent away`() {
        let kit = HubKit()
        let client = kit.connect()
        kit.advance(by: 9_999_999)
        #expect(kit.take(client).isEmpty)
        kit.advance(by: 1)
        #expect(kit.take(client) == [.closed(code: 1002, reason: "no HELLO in time")])
        #expect(kit.hub.counters.limits[.helloTimeout] == 1)
    }

    @Test func `the next connection at the same place has ten seconds of its own`() {
        let kit = HubKit()
        kit.close(kit.connect())
        kit.advance(by: 5_000_000)
        let client = kit.connect()
        kit.advance(by: 9_000_000)
        #expect(kit.take(client).isEmpty)
    }

    @Test func `a second HELLO is ERROR 101, and the session stays as it was`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[0], "/a")
        kit.say(Say.hello(), as: clients[0])
        #expect(kit.take(clients[0]).map(\.code) == [101])
        kit.set(clients[1], "/a", 1)
        #expect(kit.sets(clients[0]).count == 1)
        #expect(kit.hub.sessionCount == 2)
    }

    @Test func `a full relay says so and closes`() {
        var limits = HubLimits()
        limits.maxSessions = 2
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        let third = kit.join()
        guard case .closed(1013, _)? = kit.take(third).first else {
            Issue.record("not closed")
            return
        }
        kit.close(clients[0])
        #expect(kit.take(kit.join()).count == 2)
    }

    @Test func `no limit is any number`() {
        var limits = HubLimits()
        limits.maxSessions = 0
        let kit = HubKit(limits: limits)
        for _ in 0..<1100 { _ = kit.join() }
        #expect(kit.hub.sessionCount == 1100)
    }

    @Test(arguments: ["", "unknown"]) func `without a good token ERROR 300, and the same text as the reason`(
        token: String
    ) {
        let kit = HubKit(doorkeeper: ListedTokens([:]))
        let client = kit.join(token: token)
        let heard = kit.take(client)
        #expect(heard.count == 2)
        #expect(heard.first?.code == 300)
        #expect(heard.last == .closed(code: 1008, reason: heard.first?.text ?? ""))
        #expect(kit.hub.sessionCount == 0)
    }

    @Test func `after the handshake what does not decode is counted and nothing else`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        for frame: [UInt8] in [[], [0x53], Say.frame([0x21, 0x05, 0, 9, 1]), Say.frame([0x99])] {
            kit.say(frame, as: client)
        }
        #expect(kit.take(client).isEmpty)
        #expect(kit.hub.counters.undecodable == 4)
        kit.say(Say.ping(), as: client)
        #expect(kit.take(client) == [.pong])
    }

    @Test func `messages that only servers say are ignored`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.say(Say.pong(), as: client)
        kit.say(Say.frame([0x50, 0]), as: client)
        #expect(kit.take(client).isEmpty)
    }

    @Test func `SYNC is answered with one time, in whole microseconds`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.say(Say.sync(77), as: client)
        #expect(kit.take(client) == [.sync(t1: 77, t2: kit.now.unix, t3: kit.now.unix)])
    }
}
