@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `The hub keeps params` {
    @Test func `the writer hears its own SET, with the new revision, and then the ACK`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        for client in clients { kit.subscribe(client, "/a/**") }
        kit.say(Say.set("/a/x", 5, .confirm), as: clients[0])
        #expect(kit.take(clients[0]) == [.set("/a/x", 5, 1), .ack(address: "/a/x", revision: 1)])
        #expect(kit.take(clients[1]) == [.set("/a/x", 5, 1)])
    }

    @Test func `an ACK goes to those who ask for it, and never to a legacy message`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.say(Say.set("/a", 1), as: client)
        #expect(kit.take(client).isEmpty)
        kit.say(Say.set("/a", 1, .commit), as: client)
        #expect(kit.take(client) == [.ack(address: "/a", revision: 2)])
        // A MessagePack map {type: SET, address: /a, value: 1} in a frame of QoS commit.
        let legacy: [UInt8] =
            [0x83, 0xA4] + Array("type".utf8) + [0xA3] + Array("SET".utf8) + [0xA7] + Array("address".utf8) + [0xA2]
            + Array("/a".utf8) + [0xA5] + Array("value".utf8) + [7]
        kit.say(Say.frame(legacy, .commit), as: client)
        #expect(kit.take(client).isEmpty)
        kit.say(Say.get("/a"), as: client)
        #expect(kit.items(client).map(\.revision) == [3])
    }

    @Test func `one copy, however many subscriptions match`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        for (id, pattern) in ["/**", "/a/*", "/a/x", "/*/x", "/a/**"].enumerated() {
            kit.subscribe(clients[0], pattern, id: UInt32(id))
        }
        kit.set(clients[1], "/a/x", 1)
        #expect(kit.sets(clients[0]).count == 1)
    }

    @Test func `lock, unlock and ttl are told as the writer sent them`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        kit.say(Say.set("/a", 1, ttl: 30, lock: true), as: clients[0])
        kit.say(Say.set("/a", 2, unlock: true), as: clients[0])
        let heard = kit.sets(clients[1])
        #expect(heard.map(\.ttl) == [30, nil])
        #expect(heard.map(\.lock) == [true, false])
        #expect(heard.map(\.unlock) == [false, true])
    }

    @Test func `what is not a valid address is ERROR 200`() {
        let long = "/" + String(repeating: "x", count: 1024)
        for address in ["", "a", "a/b", "/a//b", "//", "/*", "/a/**", "/a*", long] {
            let kit = HubKit()
            let client = kit.joined(1)[0]
            kit.say(Say.set(address, 1, .confirm), as: client)
            kit.say(Say.publish(address, .event, 1), as: client)
            #expect(kit.errors(client) == [200, 200], "\(address)")
            #expect(kit.hub.paramCount == 0)
            #expect(kit.hub.addressCount == 0)
        }
        for address in ["/", "/a/", "/a/ü", "/./..", String(long.dropLast())] {
            let kit = HubKit()
            let client = kit.joined(1)[0]
            kit.say(Say.set(address, 1, .confirm), as: client)
            #expect(kit.errors(client).isEmpty)
        }
    }

    // MARK: Revisions

    @Test func `a wrong revision is ERROR 400 with both, and nothing changes`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/a")
        kit.say(Say.set("/a", 1), as: clients[0])
        kit.say(Say.set("/a", 2, revision: 7, .confirm), as: clients[0])
        let heard = kit.take(clients[0])
        #expect(heard.map(\.code) == [400])
        #expect(heard.map(\.address) == ["/a"])
        #expect(heard.first?.text?.contains("7") == true && heard.first?.text?.contains("1") == true)
        #expect(kit.sets(clients[1]).count == 1)
        kit.say(Say.set("/a", 2, revision: 1), as: clients[0])
        #expect(kit.take(clients[0]).isEmpty)
    }

    @Test func `of a new param the given revision is ignored`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.say(Say.set("/a", 1, revision: 99, .confirm), as: client)
        #expect(kit.take(client) == [.ack(address: "/a", revision: 1)])
    }

    @Test func `null is a value`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/a")
        kit.set(clients[0], "/a", 1)
        kit.set(clients[0], "/a", nil)
        #expect(kit.sets(clients[1]).map(\.plain) == [1, nil as JSONValue?].map { $0 ?? .null })
        kit.say(Say.get("/a"), as: clients[0])
        #expect(kit.items(clients[0]).map(\.plain) == [.null])
    }

    @Test func `timestamps do not go back with the clock`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.set(client, "/a", 1)
        let first = kit.now.unix
        kit.setClock(by: -3_600_000_000)
        kit.say(Say.set("/a", 2, .confirm), as: client)
        #expect(kit.take(client) == [.ack(address: "/a", revision: 2)])
        kit.say(Say.get("/a"), as: client)
        #expect(kit.items(client).map(\.timestamp) == [first])
    }

    // MARK: Locks

    @Test func `a lock holds others off, also when they say unlock`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.say(Say.set("/a", 1, lock: true), as: clients[0])
        kit.say(Say.set("/a", 2), as: clients[1])
        kit.say(Say.set("/a", 2, unlock: true), as: clients[1])
        kit.say(Say.set("/a", 2, lock: true), as: clients[1])
        let heard = kit.take(clients[1])
        #expect(heard.map(\.code) == [400, 400, 400])
        #expect(heard.first?.text?.contains(kit.clients[clients[0]].name) == true)
        kit.say(Say.set("/a", 3), as: clients[0])
        kit.say(Say.set("/a", 4, unlock: true), as: clients[0])
        #expect(kit.take(clients[0]).isEmpty)
        kit.say(Say.set("/a", 5, lock: true, .confirm), as: clients[1])
        #expect(kit.take(clients[1]) == [.ack(address: "/a", revision: 4)])
    }

    @Test func `a lock ends with its session`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.say(Say.set("/a", 1, lock: true), as: clients[0])
        kit.say(Say.set("/b", 1, lock: true), as: clients[0])
        kit.say(Say.set("/b", 1, unlock: true), as: clients[0])
        kit.say(Say.set("/b", 1, lock: true), as: clients[1])
        kit.close(clients[0])
        kit.say(Say.set("/a", 2, .confirm), as: clients[1])
        #expect(kit.take(clients[1]) == [.ack(address: "/a", revision: 2)])
        // What the other one locked meanwhile stays locked.
        let third = kit.joined(1)[0]
        kit.say(Say.set("/b", 2), as: third)
        #expect(kit.errors(third) == [400])
    }

    @Test func `a session at the place of another one does not have its locks`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.say(Say.set("/a", 1, lock: true), as: clients[0])
        kit.close(clients[0])
        #expect(kit.joined(1)[0] == clients[0])
        kit.say(Say.set("/a", 2, lock: true), as: clients[1])
        #expect(kit.take(clients[1]).isEmpty)
        kit.say(Say.set("/a", 3), as: clients[0])
        #expect(kit.errors(clients[0]) == [400])
    }

    @Test func `locking ten thousand params and letting go of them takes no square of that`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        // With a list that is searched this is 5 * 10^9 comparisons, which no test waits for.
        for number in 0..<100_000 { kit.say(Say.set("/\(number)", 1, lock: true), as: client) }
        for number in (0..<100_000).reversed() { kit.say(Say.set("/\(number)", 1, unlock: true), as: client) }
        kit.close(client)
        #expect(kit.hub.paramCount == 100_000)
    }

    // MARK: Sizes

    @Test func `a value may be as large as a SNAPSHOT can tell`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/a")
        var accepted = 0
        for size in [65_400, 65_450, 65_468, 65_469, 65_470, 65_471, 65_472, 65_473, 65_480, 65_510] {
            kit.say(Say.set("/a", .string(String(repeating: "x", count: size)), .confirm), as: clients[0])
            let heard = kit.take(clients[0])
            if heard.first?.code == 400 {
                #expect(heard.first?.text?.contains("ValueTooLarge") == true)
                continue
            }
            accepted += 1
            #expect(kit.sets(clients[1]).count == 1)
            kit.say(Say.get("/a"), as: clients[0])
            #expect(kit.items(clients[0]).first?.value.count == size + 3)
        }
        #expect((3...8).contains(accepted))
    }

    @Test func `at capacity a new param is refused and an old one is not`() {
        var limits = HubLimits()
        limits.maxParams = 2
        let kit = HubKit(limits: limits)
        let client = kit.joined(1)[0]
        for address in ["/a", "/b", "/c", "/a"] { kit.set(client, address, 1) }
        let heard = kit.take(client)
        #expect(heard.map(\.code) == [400])
        #expect(heard.first?.text?.contains("AtCapacity") == true)
        #expect(kit.hub.paramCount == 2)
    }

    @Test func `a storage that takes nothing refuses SETs and lets events through`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        kit.hub.isReadOnly = true
        kit.set(clients[0], "/a", 1)
        kit.say(Say.publish("/e", .event, 1), as: clients[0])
        #expect(kit.take(clients[0]).map(\.code) == [503])
        #expect(kit.take(clients[1]) == [.publish("/e", .event, 1)])
    }
}
