@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Signals pass` {
    @Test func `to everybody who listens but the sender, as they came, and are not stored`() {
        let kit = HubKit()
        let clients = kit.joined(3)
        for client in clients { kit.subscribe(client, "/a/**") }
        for signal in [Signal.event, .stream, .timeline] {
            kit.say(Say.publish("/a/x", signal, ["k": [1, 2.5]], id: 9, timestamp: 77, .confirm), as: clients[0])
            #expect(kit.take(clients[0]).isEmpty)
            for client in clients.dropFirst() {
                #expect(
                    kit.take(client) == [
                        .publish(
                            Heard.PublishHeard(
                                address: "/a/x", signal: signal, value: Say.bytes(of: ["k": [1, 2.5]]), id: 9,
                                timestamp: 77))
                    ])
            }
        }
        #expect(kit.hub.paramCount == 0)
        #expect(kit.items(kit.join()).isEmpty)
    }

    @Test func `with the quality of service of their kind`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        kit.keepsFrames = true
        for signal in [Signal.event, .stream, .timeline] { kit.say(Say.publish("/a", signal, 1), as: clients[0]) }
        kit.set(clients[0], "/a", 1)
        #expect(kit.takeFrames(clients[1]).map { $0[1] >> 6 } == [1, 0, 2, 1])
    }

    // MARK: To one session

    @Test func `to one session, without a subscription, and once`() {
        let kit = HubKit()
        let clients = kit.joined(3)
        let target = "/clasp/p2p/signal/" + kit.clients[clients[1]].name
        kit.subscribe(clients[1], target)
        kit.subscribe(clients[2], "/**")
        kit.say(Say.publish(target, .event, ["type": "offer"]), as: clients[0])
        #expect(kit.take(clients[1]) == [.publish(target, .event, ["type": "offer"])])
        #expect(kit.take(clients[2]).isEmpty)
        kit.say(Say.publish(target, .event, 1), as: clients[1])
        #expect(kit.take(clients[1]).count == 1)
    }

    @Test func `to a session that is not there is ERROR 404 with its name`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        let gone = kit.clients[clients[1]].name
        kit.close(clients[1])
        for name in [gone, "nobody", gone.uppercased()] {
            kit.say(Say.publish("/clasp/p2p/signal/" + name, .event, 1), as: clients[0])
            let heard = kit.take(clients[0])
            #expect(heard.map(\.code) == [404])
            #expect(heard.map(\.address) == ["/clasp/p2p/signal/" + name])
            #expect(heard.first?.text?.contains(name) == true)
        }
    }

    @Test func `below a session's address and beside it like any other`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/clasp/**")
        for address in ["/clasp/p2p/signal/x/y", "/clasp/p2p/signal/", "/clasp/p2p/signal", "/clasp/p2p/other"] {
            kit.say(Say.publish(address, .event, 1), as: clients[0])
            #expect(kit.take(clients[1]) == [.publish(address, .event, 1)])
            #expect(kit.take(clients[0]).isEmpty)
        }
    }

    @Test func `an announcement reaches everybody who listens there, whatever types they want`() {
        let kit = HubKit()
        let clients = kit.joined(3)
        kit.subscribe(clients[1], "/clasp/p2p/announce", types: SignalSet(.param))
        kit.subscribe(clients[2], "/clasp/p2p/**", types: SignalSet(.stream))
        kit.say(Say.publish("/clasp/p2p/announce", .event, 1), as: clients[0])
        for client in clients.dropFirst() { #expect(kit.publishes(client).count == 1) }
        #expect(kit.take(clients[0]).isEmpty)
    }

    // MARK: Query

    @Test func `what was announced is found by QUERY for an hour`() {
        let kit = HubKit()
        let clients = kit.joined(2)
        kit.say(Say.announce("/ns", ["/ns/a", "/ns/b", "/other"], .confirm), as: clients[0])
        #expect(kit.take(clients[0]) == [.ack(address: "/ns", revision: nil)])
        kit.say(Say.announce("/ns", ["/ns/a"]), as: clients[0])
        #expect(kit.take(clients[0]).isEmpty)
        kit.close(clients[0])
        kit.say(Say.query("/ns/*"), as: clients[1])
        kit.say(Say.query("/nowhere"), as: clients[1])
        #expect(kit.take(clients[1]) == [.result(["/ns/a", "/ns/b"]), .result([])])
        kit.advance(by: 3_600_000_000)
        kit.say(Say.query("/**"), as: clients[1])
        #expect(kit.take(clients[1]) == [.result([])])
        #expect(kit.hub.definitionCount == 0)
    }

    @Test func `a RESULT that would be too long ends where a frame does`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        for part in 0..<4 {
            let addresses = (0..<200).map { "/\(part)/\($0)/" + String(repeating: "x", count: 200) }
            kit.say(Say.announce("/", addresses), as: client)
        }
        kit.keepsFrames = true
        kit.say(Say.query("/**"), as: client)
        guard case .result(let found)? = kit.take(client).first else {
            Issue.record("no RESULT")
            return
        }
        #expect(found.count > 250 && found.count < 800)
        #expect(kit.takeFrames(client)[0].count <= 65_539)
    }

    @Test func `announcements are capped, per session and in all`() {
        var limits = HubLimits()
        limits.maxDefinitionsPerSession = 5
        limits.maxDefinitions = 8
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        kit.say(Say.announce("/", (0..<6).map { "/\($0)" }), as: clients[0])
        #expect(kit.errors(clients[0]) == [429])
        kit.say(Say.announce("/", ["/0"]), as: clients[0])
        #expect(kit.errors(clients[0]).isEmpty)
        kit.say(Say.announce("/", (10..<14).map { "/\($0)" }), as: clients[1])
        #expect(kit.errors(clients[1]) == [429])
        kit.say(Say.announce("/", ["bad"]), as: clients[1])
        #expect(kit.errors(clients[1]) == [200])
        #expect(kit.hub.definitionCount == 8)
    }

    @Test func `what this relay does not do is said`() {
        let kit = HubKit()
        let client = kit.joined(1)[0]
        kit.say(Say.frame([0x24, 0] + Say.text("/a") + [0xFF]), as: client)
        kit.say(Say.frame([0x04, 2, 0, 0, 0, 0, 0]), as: client)
        kit.say(Say.query("bad"), as: client)
        #expect(kit.errors(client) == [501, 403, 202])
    }
}

@Suite struct `Gestures` {
    private struct Stage {
        let kit = HubKit()
        let from: Int
        let to: Int

        init() {
            let clients = kit.joined(2)
            (from, to) = (clients[0], clients[1])
            for client in clients { kit.subscribe(client, "/g") }
        }

        func say(_ phase: GesturePhase, _ value: Int64, id: UInt32? = 1) {
            kit.say(Say.publish("/g", .gesture, .int(value), phase: phase, id: id), as: from)
        }

        func heard() -> [String] { kit.publishes(to).map { "\($0.phase) \($0.plain?.int ?? -1)" } }
    }

    @Test func `of the moves the newest is passed on every 16 ms, never to the sender`() {
        let stage = Stage()
        stage.say(.start, 0)
        #expect(stage.heard() == ["start 0"])
        for move in 1...40 {
            stage.say(.move, Int64(move))
            stage.kit.advance(by: 4_000)
        }
        #expect(stage.heard() == (1...10).map { "move \($0 * 4)" })
        stage.say(.move, 41)
        stage.say(.end, 42)
        #expect(stage.heard() == ["move 41", "end 42"])
        stage.kit.advance(by: 100_000)
        #expect(stage.heard() == [])
        #expect(stage.kit.take(stage.from).isEmpty)
    }

    @Test func `without a start moves pass as they come, and after an end as well`() {
        let stage = Stage()
        for move in 1...3 { stage.say(.move, Int64(move)) }
        #expect(stage.heard() == ["move 1", "move 2", "move 3"])
        stage.say(.start, 0)
        stage.say(.cancel, 0)
        stage.say(.move, 4)
        #expect(stage.heard() == ["start 0", "cancel 0", "move 4"])
    }

    @Test func `are told apart by session, address and id; no id is id 0`() {
        let stage = Stage()
        stage.say(.start, 0, id: nil)
        stage.say(.move, 1, id: 0)
        stage.say(.move, 2, id: 1)
        #expect(stage.heard() == ["start 0", "move 2"])
        let other = stage.kit.joined(1)[0]
        stage.kit.say(Say.publish("/g", .gesture, 3, phase: .end, id: 0), as: other)
        #expect(stage.heard() == ["end 3"])
        stage.kit.advance(by: 16_000)
        #expect(stage.heard() == ["move 1"])
    }

    @Test func `end with their session`() {
        let stage = Stage()
        stage.say(.start, 0)
        stage.say(.move, 1)
        _ = stage.heard()
        stage.kit.close(stage.from)
        stage.kit.advance(by: 100_000)
        #expect(stage.heard() == [])
        #expect(stage.kit.hub.gestures.count == 0)
    }

    @Test func `that never end are forgotten after five minutes`() {
        let stage = Stage()
        stage.say(.start, 0)
        stage.kit.advance(by: 300_000_000)
        stage.kit.say(Say.publish("/h", .gesture, 0, phase: .start), as: stage.from)
        stage.kit.say(Say.publish("/h", .gesture, 0, phase: .move), as: stage.from)
        stage.kit.advance(by: 16_000)
        #expect(stage.kit.hub.gestures.count == 1)
    }

    @Test func `of a session are gathered up to a bound, and pass as they come beyond it`() {
        var limits = HubLimits()
        limits.maxGestures = 2
        let kit = HubKit(limits: limits)
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/g")
        for id in 0..<3 { kit.say(Say.publish("/g", .gesture, 0, phase: .start, id: UInt32(id)), as: clients[0]) }
        for id in 0..<3 { kit.say(Say.publish("/g", .gesture, 1, phase: .move, id: UInt32(id)), as: clients[0]) }
        #expect(kit.publishes(clients[1]).count == 4)
        kit.advance(by: 16_000)
        #expect(kit.publishes(clients[1]).count == 2)
    }

    /// 64 each of 1,100 sessions, at one address: more than 16 bits count.
    @Test func `of a great many sessions at one address`() {
        var limits = HubLimits()
        limits.maxSessions = 0
        let kit = HubKit(limits: limits)
        let clients = (0..<1100).map { _ in kit.join() }
        for client in clients {
            for id in 0..<64 { kit.say(Say.publish("/g", .gesture, 0, phase: .start, id: UInt32(id)), as: client) }
        }
        #expect(kit.hub.gestures.count == 70_400)
        for client in clients { kit.close(client) }
        #expect(kit.hub.gestures.count == 0)
    }
}
