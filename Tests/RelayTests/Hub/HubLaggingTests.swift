@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Who lags` {
    private func stage(slice: Int32 = 128 << 10) -> (kit: HubKit, writer: Int, reader: Int) {
        var limits = HubLimits()
        limits.snapshotSlice = slice
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        return (kit, clients[0], clients[1])
    }

    /// Address to newest value, and that revisions rise.
    private func newest(_ heard: [Heard.SetHeard]) -> [String: JSONValue] {
        var seen: [String: (UInt64, JSONValue)] = [:]
        for set in heard {
            #expect((set.revision ?? 0) >= seen[set.address]?.0 ?? 0)
            seen[set.address] = (set.revision ?? 0, set.plain ?? .null)
        }
        return seen.mapValues(\.1)
    }

    @Test func `gets the newest value of each param when it has caught up, and no other`() {
        let (kit, writer, reader) = stage()
        kit.stall(reader)
        for number in 0..<100 { kit.set(writer, "/\(number % 10)", .int(Int64(number))) }
        #expect(kit.take(reader).isEmpty)
        kit.resume(reader)
        let heard = kit.sets(reader)
        #expect(heard.count == 10)
        #expect(heard.allSatisfy { $0.revision == 10 })
        #expect(kit.hub.counters.conflated == 100)
        kit.set(writer, "/1", 5)
        #expect(kit.take(reader) == [.set("/1", 5, 11)])
    }

    @Test func `gets every event, and of each stream the newest`() {
        let (kit, writer, reader) = stage()
        kit.stall(reader)
        for number in 0..<10 {
            for (address, signal) in [("/e", Signal.event), ("/s", .stream), ("/t", .timeline)] {
                kit.say(Say.publish(address, signal, .int(Int64(number))), as: writer)
            }
        }
        #expect(kit.publishes(reader).count == 20)
        kit.resume(reader)
        #expect(kit.take(reader) == [.publish("/s", .stream, 9)])
    }

    @Test func `hears at once that a param is gone`() {
        let (kit, writer, reader) = stage()
        kit.say(Say.set("/a", 1, ttl: 1), as: writer)
        kit.stall(reader)
        kit.set(writer, "/a", 2)
        kit.advance(by: 1_000_000)
        kit.set(writer, "/a", 3)
        kit.resume(reader)
        #expect(kit.sets(reader).map(\.revision) == [1, 3, 1])
    }

    /// It catches up a little at a time, and misses more at addresses that it has had already.
    @Test func `again while catching up ends up right`() {
        let (kit, writer, reader) = stage(slice: 100)
        kit.stall(reader)
        for number in 0..<50 { kit.set(writer, "/\(number)", 0) }
        var heard: [Heard.SetHeard] = []
        for round in 1...10 {
            kit.sip(reader)
            heard += kit.sets(reader)
            kit.set(writer, "/0", .int(Int64(round)))
            kit.say(Say.publish("/s", .stream, .int(Int64(round))), as: writer)
        }
        kit.resume(reader)
        let rest = kit.take(reader)
        heard += rest.compactMap { if case .set(let set) = $0 { set } else { nil } }
        #expect(newest(heard)["/0"] == 10)
        #expect(newest(heard).count == 50)
        #expect(rest.contains(.publish("/s", .stream, 10)))
        #expect(kit.hub.sessions[reader].missed == nil)
        #expect(kit.hub.catchingUp.isEmpty)
    }

    @Test func `gets nothing any more of what it has unsubscribed from`() {
        let (kit, writer, reader) = stage()
        kit.stall(reader)
        kit.set(writer, "/a", 1)
        kit.say(Say.publish("/s", .stream, 1), as: writer)
        kit.say(Say.unsubscribe(1), as: reader)
        kit.resume(reader)
        #expect(kit.take(reader).isEmpty)
    }

    @Test func `does not hear a gesture move after its end`() {
        let (kit, writer, reader) = stage()
        kit.stall(reader)
        for id in 1...2 { kit.say(Say.publish("/g", .gesture, 0, phase: .start, id: UInt32(id)), as: writer) }
        for id in 1...2 { kit.say(Say.publish("/g", .gesture, 1, phase: .move, id: UInt32(id)), as: writer) }
        kit.advance(by: 16_000)
        kit.say(Say.publish("/g", .gesture, 2, phase: .end, id: 1), as: writer)
        kit.resume(reader)
        let heard = kit.publishes(reader)
        #expect(heard.map(\.phase) == [.start, .start, .end, .move])
        #expect(heard.map(\.id) == [1, 2, 1, 2])
    }

    @Test func `misses the newest move of each gesture, not of each address`() {
        let (kit, writer, reader) = stage()
        let other = kit.joined(1)[0]
        kit.stall(reader)
        for client in [writer, other] {
            kit.say(Say.publish("/g", .gesture, 0, phase: .start), as: client)
            kit.say(Say.publish("/g", .gesture, .int(Int64(client)), phase: .move), as: client)
        }
        kit.say(Say.publish("/g", .stream, 77), as: writer)
        kit.advance(by: 16_000)
        _ = kit.take(reader)
        kit.resume(reader)
        #expect(Set(kit.publishes(reader).compactMap { $0.plain?.int }) == [Int64(writer), Int64(other), 77])
    }

    /// Between the moment at which a socket has room and the one at which the hub is told.
    @Test func `does not hear an older stream after a newer one`() {
        let (kit, writer, reader) = stage()
        kit.stall(reader)
        kit.say(Say.publish("/s", .stream, 1), as: writer)
        kit.unstall(reader)
        kit.say(Say.publish("/s", .stream, 2), as: writer)
        kit.sip(reader)
        #expect(kit.publishes(reader).compactMap { $0.plain?.int } == [2])
    }

    @Test func `keeps little of many streams, the newest`() {
        let (kit, writer, reader) = stage()
        kit.stall(reader)
        for number in 0..<200 { kit.say(Say.publish("/\(number)", .stream, .int(Int64(number))), as: writer) }
        kit.resume(reader)
        #expect(kit.publishes(reader).compactMap { $0.plain?.int } == Array(136..<200))
    }

    /// Its number has gone to another address in between.
    @Test func `gets no frame of an address for another one`() {
        var limits = HubLimits()
        limits.maxIdleAddresses = 4
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        kit.stall(clients[1])
        for number in 0..<40 { kit.say(Say.publish("/\(number)", .stream, .int(Int64(number))), as: clients[0]) }
        kit.set(clients[0], "/p", 1)
        kit.resume(clients[1])
        for publish in kit.publishes(clients[1]) { #expect(publish.address == "/\(publish.plain?.int ?? -1)") }
    }
}
