@testable import Relay
import RelayProtocol
import RelaySimulation
import RelayTestKit
import Testing

@Suite struct `Other terms while the relay runs` {
    private func policy(_ config: String) throws -> Policy { try AppConfig(parsing: Array(config.utf8)).policy }

    private func kit(_ config: String = "{}", _ limits: HubLimits = HubLimits()) throws -> HubKit {
        let all = ["read:/**", "write:/**"]
        return HubKit(
            limits: limits, policy: try policy(config),
            doorkeeper: ListedTokens([
                "ada": .init(user: "ada", scopes: all), "bob": .init(user: "bob", scopes: all),
            ]))
    }

    @Test func `limits hold for those who are in, and send nobody away`() throws {
        let kit = try kit()
        let client = kit.joined(token: "ada")
        for id in 1...3 { kit.subscribe(client, "/\(id)", id: UInt32(id)) }
        kit.set(client, "/1", 1)
        _ = kit.take(client)
        var limits = HubLimits()
        limits.maxSubscriptions = 3
        limits.maxParams = 1
        limits.maxSessionsPerUser = 1
        limits.messageBurst = 5
        limits.messageRate = 1
        limits.freeSubscribes = 1
        kit.hub.use(limits)
        kit.say(Say.subscribe(9, "/9"), as: client)
        kit.set(client, "/2", 1)
        #expect(kit.errors(client) == [429, 400])
        _ = kit.joined(token: "ada")
        #expect(kit.hub.sessionCount == 1)
        for _ in 0..<10 { kit.set(client, "/1", 2) }
        #expect(kit.errors(client).contains(429))
    }

    @Test func `rules hold for addresses that are known, and for what is remembered`() throws {
        let kit = try kit(#"{"history":["/e/**"]}"#)
        let (writer, listener) = (kit.joined(token: "ada"), kit.joined(token: "bob"))
        kit.subscribe(listener, "/**")
        kit.set(writer, "/room/a/meta", 1)
        kit.set(writer, "/room/a/seen", 1)
        kit.say(Say.publish("/e/x", .event, 1), as: writer)
        #expect(kit.take(listener).count == 3)
        kit.hub.use(
            try policy(
                #"""
                {"snapshot_visibility":[{"path":"/room/{id}/seen","visible":false}],
                 "write_rules":[{"path":"/room/{id}/meta","checks":[{"type":"segment_equals_session","segment":"id"}]}]}
                """#))
        kit.set(writer, "/room/a/meta", 2)
        kit.set(writer, "/room/a/seen", 2)
        #expect(kit.errors(writer) == [403])
        #expect(kit.take(listener).isEmpty)
    }

    @Test func `presence that is none any more stays when its session goes`() throws {
        let kit = try kit(#"{"presence":["/here/{user}"]}"#)
        let (ada, bob) = (kit.joined(token: "ada"), kit.joined(token: "bob"))
        kit.set(ada, "/here/ada", 1)
        kit.set(bob, "/here/bob", 1)
        kit.close(bob)
        #expect(kit.hub.paramCount == 1)
        kit.hub.use(Policy.none)
        kit.close(ada)
        #expect(kit.hub.paramCount == 1)
    }

    @Test func `a user is bounded in all sessions together, and what is gone does not count`() throws {
        var limits = HubLimits()
        limits.maxCreatedPerUser = 3
        limits.messageRate = 0
        let kit = try kit("{}", limits)
        let clients = ["ada", "ada", "bob"].map { kit.joined(token: $0) }
        kit.set(clients[0], "/1", 1)
        kit.set(clients[1], "/2", 1)
        kit.say(Say.set("/3", 1, ttl: 10), as: clients[0])
        kit.set(clients[1], "/4", 1)
        #expect(kit.errors(clients[1]) == [400])
        kit.set(clients[2], "/4", 1)
        #expect(kit.errors(clients[2]).isEmpty)
        kit.close(clients[0])
        let again = kit.joined(token: "ada")
        kit.set(again, "/5", 1)
        #expect(kit.errors(again) == [400])
        kit.advance(by: 11_000_000)
        kit.set(again, "/5", 1)
        #expect(kit.errors(again).isEmpty)
        kit.set(again, "/6", 1)
        #expect(kit.errors(again) == [400])
    }
}
