@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Sessions subscribe` {
    @Test func `and get what is stored, without an ACK; or nothing when nothing matches`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.set(client, "/a/x", 1)
        kit.set(client, "/b/x", 2)
        kit.say(Say.subscribe(1, "/a/*"), as: client)
        let heard = kit.take(client)
        #expect(heard.count == 1)
        guard case .snapshot(let items)? = heard.first else { return }
        #expect(items.map(\.address) == ["/a/x"])
        kit.say(Say.subscribe(2, "/c/**"), as: client)
        #expect(kit.take(client).isEmpty)
    }

    @Test func `the snapshot pays no regard to types`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.set(client, "/a", 1)
        kit.say(Say.subscribe(1, "/a", types: SignalSet(.event)), as: client)
        #expect(kit.items(client).count == 1)
        kit.set(client, "/a", 2)
        #expect(kit.take(client).isEmpty)
    }

    @Test func `an id that is used again stands for the new pattern only`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[0], "/a/**", id: 0)
        kit.subscribe(clients[0], "/b/**", id: 0)
        kit.set(clients[1], "/a/x", 1)
        kit.set(clients[1], "/b/x", 1)
        #expect(kit.sets(clients[0]).map(\.address) == ["/b/x"])
        #expect(kit.hub.subscriptionCount == 1)
    }

    @Test func `and unsubscribe, also from what they never subscribed to`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[0], "/a", id: 1)
        kit.subscribe(clients[0], "/**", id: 2)
        kit.say(Say.unsubscribe(7), as: clients[0])
        kit.say(Say.unsubscribe(2), as: clients[0])
        kit.set(clients[1], "/a", 1)
        kit.set(clients[1], "/b", 1)
        #expect(kit.take(clients[0]) == [.set("/a", 1, 1)])
        kit.say(Say.unsubscribe(1), as: clients[0])
        kit.set(clients[1], "/a", 2)
        #expect(kit.take(clients[0]).isEmpty)
        #expect(kit.hub.subscriptionCount == 0)
    }

    @Test(arguments: ["", "a", "/a//b", "//"]) func `what is no pattern is ERROR 202`(pattern: String) {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.say(Say.subscribe(1, pattern), as: client)
        let heard = kit.take(client)
        #expect(heard.map(\.code) == [202])
        #expect(heard.map(\.address) == [pattern])
    }

    @Test func `a thousand times, and then it is ERROR 429; replacing one is still possible`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        for id in 0..<1000 { kit.say(Say.subscribe(UInt32(id), "/\(id)"), as: client) }
        #expect(kit.take(client).isEmpty)
        kit.say(Say.subscribe(1000, "/x"), as: client)
        let heard = kit.take(client)
        #expect(heard.map(\.code) == [429])
        #expect(heard.map(\.address) == ["/x"])
        kit.say(Say.subscribe(7, "/x"), as: client)
        #expect(kit.take(client).isEmpty)
    }

    @Test func `types choose what is delivered`() {
        let kit = HubKit()
        let clients = kit.joined(6)
        for (client, signal) in zip(clients.dropFirst(), Signal.allCases) {
            kit.subscribe(client, "/a", types: SignalSet(signal))
        }
        kit.set(clients[0], "/a", 1)
        for signal in Signal.allCases { kit.say(Say.publish("/a", signal, 2), as: clients[0]) }
        #expect(kit.take(clients[1]) == [.set("/a", 1, 1), .publish("/a", .param, 2)])
        for (client, signal) in zip(clients.dropFirst(2), Signal.allCases.dropFirst()) {
            #expect(kit.take(client) == [.publish("/a", signal, 2)])
        }
    }

    @Test func `of several subscriptions of a session any that admits the type is enough`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[0], "/a/*", id: 1, types: SignalSet(.event))
        kit.subscribe(clients[0], "/a/**", id: 2, types: SignalSet(.param))
        kit.set(clients[1], "/a/x", 1)
        kit.say(Say.publish("/a/x", .event, 2), as: clients[1])
        kit.say(Say.publish("/a/x", .stream, 3), as: clients[1])
        #expect(kit.take(clients[0]) == [.set("/a/x", 1, 1), .publish("/a/x", .event, 2)])
    }

    @Test func `end with their session, and whoever has its place next hears nothing of them`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[0], "/**")
        kit.set(clients[1], "/a", 1)
        kit.close(clients[0])
        #expect(kit.hub.subscriptionCount == 0)
        let next = kit.joined(1)[0]
        #expect(next == clients[0])
        kit.set(clients[1], "/a", 2)
        #expect(kit.take(next).isEmpty)
    }
}

@Suite struct `Snapshots` {
    /// All frames of everything that is stored, as a new client gets it.
    private func snapshot(_ values: [(String, JSONValue)], before: (HubKit) -> Void = { _ in }) -> [(
        items: Int, bytes: Int
    )] {
        var limits = HubLimits()
        limits.maxParams = 0
        let kit = HubKit(limits: limits)
        let writer = kit.joined(1)[0]
        for (address, value) in values { kit.set(writer, address, value) }
        before(kit)
        kit.keepsFrames = true
        let client = kit.join()
        var addresses: Set<String> = []
        var result: [(items: Int, bytes: Int)] = []
        for (heard, frame) in zip(kit.take(client), kit.takeFrames(client)) {
            guard case .snapshot(let items) = heard else { continue }
            result.append((items.count, frame.count - 4))
            addresses.formUnion(items.map(\.address))
        }
        #expect(addresses == Set(values.map(\.0)))
        return result
    }

    @Test func `hold at most 800 params each`() {
        let parts = snapshot((0..<2401).map { ("/\($0)", 1) })
        #expect(parts.first?.items == 800)
        #expect(parts.allSatisfy { $0.items <= 800 })
    }

    @Test func `hold at most 65535 bytes each`() {
        let parts = snapshot((0..<1000).map { ("/\($0)", .string(String(repeating: "x", count: $0 * 7 % 4001))) })
        #expect(parts.count > 20)
        #expect(parts.allSatisfy { $0.bytes <= 65_535 })
    }

    @Test(arguments: [30_000, 33_000, 40_000, 65_000]) func `lose nothing when params are large`(size: Int) {
        let parts = snapshot((0..<40).map { ("/\($0)", .string(String(repeating: "x", count: size + $0))) })
        #expect(parts.allSatisfy { $0.bytes <= 65_535 })
        #expect(parts.map(\.items).reduce(0, +) == 40)
    }

    /// A client that gets its snapshot in slices, while it subscribes and others write.
    @Test func `in slices end with the newest of everything`() {
        var limits = HubLimits()
        limits.snapshotSlice = 200
        let kit = HubKit(limits: limits)
        let writer = kit.joined(1)[0]
        for number in 0..<500 { kit.set(writer, "/\(number)", .int(Int64(number))) }
        let client = kit.connect()
        kit.stall(client)
        kit.say(Say.hello(), as: client)
        kit.say(Say.subscribe(1, "/**"), as: client)
        var seen: [String: UInt64] = [:]
        var slices = 0
        while true {
            for heard in kit.take(client) {
                var told: [(String, UInt64)] = []
                if case .snapshot(let items) = heard { told = items.map { ($0.address, $0.revision) } }
                if case .set(let set) = heard { told = [(set.address, set.revision ?? 0)] }
                for (address, revision) in told {
                    #expect(revision >= seen[address] ?? 0)
                    seen[address] = revision
                }
            }
            guard kit.clients[client].awaitsRoom else { break }
            slices += 1
            kit.set(writer, "/\(slices * 13 % 500)", .int(Int64(10_000 + slices)))
            kit.sip(client)
        }
        kit.resume(client)
        for set in kit.sets(client) { seen[set.address] = set.revision }
        #expect(slices > 10)
        for number in 0..<500 {
            kit.say(Say.get("/\(number)"), as: writer)
            let item = kit.items(writer).first
            #expect(seen["/\(number)"] == item?.revision)
        }
    }

    @Test func `of a client that reads nothing wait in bounded memory`() {
        let kit = HubKit()
        let writer = kit.joined(1)[0]
        for number in 0..<3000 { kit.set(writer, "/a/\(number)", .string(String(repeating: "x", count: 100))) }
        let client = kit.joined(1)[0]
        kit.stall(client)
        for round in 0..<200 { kit.say(Say.subscribe(UInt32(round % 5), "/a/**"), as: client) }
        #expect(kit.hub.sessions[client].snapshots.count <= 6)
        kit.resume(client)
        #expect(Set(kit.items(client).map(\.address)).count == 3000)
    }

    @Test func `GET answers with one param, and with nothing when there is none`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.set(client, "/a", 1)
        for address in ["/a", "/b", "/*", "", "/**"] { kit.say(Say.get(address), as: client) }
        let heard = kit.take(client)
        #expect(heard.count == 1)
        guard case .snapshot(let items)? = heard.first else { return }
        #expect(items.map(\.address) == ["/a"])
    }
}
