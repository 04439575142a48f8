@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `Presence` {
    private func stage() throws -> (HubKit, [Int]) {
        let config = try AppConfig(parsing: Array(#"{"presence":["/here/{name}"]}"#.utf8))
        let kit = HubKit(policy: config.policy)
        let clients = kit.joined(3)
        kit.subscribe(clients[2], "/**")
        return (kit, clients)
    }

    @Test func `ends with the connection, and everybody hears it`() throws {
        let (kit, clients) = try stage()
        kit.set(clients[0], "/here/a", 1)
        kit.set(clients[0], "/there/a", 1)
        kit.close(clients[0])
        #expect(
            kit.take(clients[2]) == [.set("/here/a", 1, 1), .set("/there/a", 1, 1), .set("/here/a", nil, 2)])
        #expect(kit.items(kit.join()).map(\.address) == ["/there/a"])
        kit.set(clients[1], "/here/a", 1)
        #expect(kit.sets(clients[2]).map(\.revision) == [1])
    }

    @Test func `ends with the last of several connections that said so`() throws {
        let (kit, clients) = try stage()
        for client in clients.prefix(2) { kit.set(client, "/here/a", 1) }
        kit.close(clients[0])
        #expect(kit.hub.paramCount == 1)
        kit.close(clients[1])
        #expect(kit.hub.paramCount == 0)
        #expect(kit.sets(clients[2]).last?.plain == .null)
    }

    @Test func `that was taken back is nobody's`() throws {
        let (kit, clients) = try stage()
        for client in clients.prefix(2) { kit.set(client, "/here/a", 1) }
        kit.set(clients[0], "/here/a", nil)
        _ = kit.take(clients[2])
        kit.close(clients[0])
        kit.close(clients[1])
        #expect(kit.take(clients[2]).isEmpty)
        #expect(kit.hub.holders.isEmpty)
    }

    @Test func `of one user is not ended by another one's connection`() throws {
        let config = try AppConfig(parsing: Array(#"{"presence":["/here/{name}"]}"#.utf8))
        let kit = HubKit(
            policy: config.policy,
            doorkeeper: ListedTokens([
                "a": .init(user: "a", scopes: ["write:/**"]), "b": .init(user: "b", scopes: ["write:/**"]),
            ]))
        let (a, b) = (kit.joined(token: "a"), kit.joined(token: "b"))
        kit.set(a, "/here/a", 1)
        kit.set(b, "/here/a", 2)
        kit.set(b, "/here/c", 2)
        kit.close(b)
        #expect(kit.hub.paramCount == 2)
        kit.close(a)
        #expect(kit.hub.paramCount == 1)
    }

    @Test func `in great number takes no square of it`() throws {
        let (kit, clients) = try stage()
        kit.say(Say.unsubscribe(1), as: clients[2])
        for number in 0..<60_000 { kit.set(clients[0], "/here/\(number)", 1) }
        kit.close(clients[0])
        #expect(kit.hub.paramCount == 0)
    }
}
