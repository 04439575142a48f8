@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Bundles` {
    private struct Stage {
        let kit: HubKit
        let from: Int
        let to: Int

        init(limits: HubLimits = HubLimits()) {
            kit = HubKit(limits: limits)
            let clients = kit.joined(2)
            (from, to) = (clients[0], clients[1])
            for client in clients { kit.subscribe(client, "/**") }
        }

        func say(_ messages: [UInt8]..., at time: UInt64? = nil) {
            kit.say(Say.bundle(messages, at: time), as: from)
        }
    }

    @Test func `happen in their order, as single messages, with one ACK of the last revision`() {
        let stage = Stage()
        stage.say(
            Say.setBody("/a", 1), Say.publishBody("/e", .event, 2), Say.setBody("/a", 3), Say.setBody("/b", 4))
        #expect(
            stage.kit.take(stage.to) == [
                .set("/a", 1, 1), .publish("/e", .event, 2), .set("/a", 3, 2), .set("/b", 4, 1),
            ])
        #expect(
            stage.kit.take(stage.from) == [
                .set("/a", 1, 1), .set("/a", 3, 2), .set("/b", 4, 1), .ack(address: nil, revision: 1),
            ])
    }

    @Test func `that are empty, or hold events only, are acknowledged without a revision`() {
        let stage = Stage()
        stage.say()
        stage.say(Say.publishBody("/e", .event, 2))
        #expect(stage.kit.take(stage.from) == Array(repeating: .ack(address: nil, revision: nil), count: 2))
        stage.kit.say(Say.bundle([Say.setBody("/a", 1)], .fire), as: stage.from)
        #expect(stage.kit.take(stage.from) == [.set("/a", 1, 1)])
    }

    @Test func `are one record of the journal, or none`() {
        let stage = Stage()
        let before = stage.kit.output.journal.sequence
        stage.say(Say.setBody("/a", 1), Say.setBody("/b", 1), Say.setBody("/a", 2))
        #expect(stage.kit.output.journal.sequence == before + 1)
        stage.say(Say.setBody("/a", 1), Say.setBody("/b", 1, revision: 9))
        #expect(stage.kit.output.journal.sequence == before + 1)
    }

    /// Each: a bundle of which one message may not be, the code, and its address.
    @Test func `happen as a whole or not at all`() {
        let cases: [([[UInt8]], UInt16, String)] = [
            ([Say.setBody("/n", 1), Say.setBody("/a", 2, revision: 5)], 400, "/a"),
            ([Say.setBody("/n", 1), Say.setBody("/n", 2, revision: 5)], 400, "/n"),
            ([Say.publishBody("/n", .event, 1), Say.setBody("/locked", 2)], 400, "/locked"),
            ([Say.setBody("/n", 1), Say.setBody("bad", 2)], 200, "bad"),
            ([Say.setBody("/n", 1), Say.publishBody("/*", .event, 2)], 200, "/*"),
        ]
        for (messages, code, address) in cases {
            let stage = Stage()
            stage.kit.say(Say.set("/a", 1), as: stage.to)
            stage.kit.say(Say.set("/locked", 1, lock: true), as: stage.to)
            _ = (stage.kit.take(stage.from), stage.kit.take(stage.to))
            stage.kit.say(Say.bundle(messages), as: stage.from)
            let heard = stage.kit.take(stage.from)
            #expect(heard.map(\.code) == [code])
            #expect(heard.map(\.address) == [address])
            #expect(heard.first?.text?.contains("undle") == true)
            #expect(stage.kit.take(stage.to).isEmpty)
            #expect(stage.kit.hub.paramCount == 2)
        }
    }

    @Test func `know the revisions and locks that they make themselves`() {
        let stage = Stage()
        stage.say(
            Say.setBody("/a", 1, revision: 77), Say.setBody("/a", 2, revision: 1, lock: true),
            Say.setBody("/a", 3, revision: 2, unlock: true))
        #expect(stage.kit.take(stage.from).last == .ack(address: nil, revision: 3))
        stage.kit.say(Say.set("/a", 4, .confirm), as: stage.to)
        #expect(stage.kit.take(stage.to).last == .ack(address: "/a", revision: 4))
    }

    @Test func `count against the number of params`() {
        var limits = HubLimits()
        limits.maxParams = 2
        let stage = Stage(limits: limits)
        stage.say(Say.setBody("/a", 1), Say.setBody("/b", 1), Say.setBody("/c", 1))
        #expect(stage.kit.take(stage.from).map(\.code) == [400])
        stage.say(Say.setBody("/a", 1), Say.setBody("/b", 1), Say.setBody("/a", 2))
        #expect(stage.kit.hub.paramCount == 2)
    }

    @Test func `pass over what has no place in them`() {
        let stage = Stage()
        stage.say([0x41], Say.bundle([Say.setBody("/x", 1)]).suffix(from: 4).map { $0 }, Say.setBody("/a", 1))
        #expect(stage.kit.take(stage.to) == [.set("/a", 1, 1)])
    }

    // MARK: Time

    @Test func `of the past happen at once`() {
        let stage = Stage()
        stage.say(Say.setBody("/a", 1), at: 1)
        stage.say(Say.setBody("/a", 2), at: stage.kit.now.unix)
        #expect(stage.kit.sets(stage.to).count == 2)
    }

    @Test func `of the future happen at their time, in the order of their times, and are acknowledged then`() {
        let stage = Stage()
        let now = stage.kit.now.unix
        stage.say(Say.setBody("/a", 3), at: now + 2_000)
        stage.say(Say.setBody("/a", 1), at: now + 1_000)
        stage.say(Say.setBody("/a", 2), at: now + 1_000)
        #expect(stage.kit.take(stage.from).isEmpty)
        stage.kit.advance(by: 999)
        #expect(stage.kit.take(stage.to).isEmpty)
        stage.kit.advance(by: 1)
        #expect(stage.kit.take(stage.to) == [.set("/a", 1, 1), .set("/a", 2, 2)])
        stage.kit.advance(by: 1_000)
        #expect(stage.kit.take(stage.to) == [.set("/a", 3, 3)])
        #expect(stage.kit.take(stage.from).last == .ack(address: nil, revision: 3))
    }

    @Test func `are judged again when their time has come`() {
        let stage = Stage()
        let now = stage.kit.now.unix
        stage.say(Say.setBody("/a", 1, lock: true), Say.publishBody("/e", .event, 1), at: now + 1_000)
        stage.kit.say(Say.set("/a", 0, lock: true), as: stage.to)
        _ = (stage.kit.take(stage.from), stage.kit.take(stage.to))
        stage.kit.advance(by: 1_000)
        #expect(stage.kit.take(stage.from).map(\.code) == [400])
        #expect(stage.kit.take(stage.to).isEmpty)
    }

    @Test func `end with their session`() {
        let stage = Stage()
        stage.say(Say.setBody("/a", 1), at: stage.kit.now.unix + 1_000)
        stage.kit.close(stage.from)
        stage.kit.advance(by: 10_000)
        #expect(stage.kit.hub.paramCount == 0)
        #expect(stage.kit.hub.bundles.count == 0 && stage.kit.hub.bundles.bytes == 0)
    }

    @Test func `wait at most a minute, a thousand of a session, and so many bytes`() {
        var limits = HubLimits()
        limits.maxPendingBundles = 3
        limits.maxPendingBundleBytes = 1000
        let stage = Stage(limits: limits)
        let now = stage.kit.now.unix
        stage.say(Say.setBody("/a", 1), at: now + 60_000_001)
        for _ in 0..<4 { stage.say(Say.setBody("/a", 1), at: now + 60_000_000) }
        #expect(stage.kit.errors(stage.from) == [400, 400])
        stage.kit.say(
            Say.bundle([Say.setBody("/a", .string(String(repeating: "x", count: 1000)))], at: now + 5), as: stage.to)
        #expect(stage.kit.errors(stage.to) == [400])
        stage.kit.advance(by: 60_000_000)
        #expect(stage.kit.sets(stage.to).count == 3)
        stage.say(Say.setBody("/a", 1), at: stage.kit.now.unix + 10)
        #expect(stage.kit.errors(stage.from).isEmpty)
    }

    @Test(arguments: [-5_000_000, 5_000_000]) func `come to pass when the clock is set meanwhile`(step: Int64) {
        let stage = Stage()
        stage.say(Say.setBody("/a", 1), at: stage.kit.now.unix + 1_000_000)
        stage.kit.setClock(by: step)
        stage.kit.advance(by: 7_000_000)
        #expect(stage.kit.sets(stage.to).count == 1)
        #expect(stage.kit.hub.bundles.count == 0)
    }
}
