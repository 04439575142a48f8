@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation
import RelayTestKit
import Testing

@Suite struct `Rights and rules` {
    private func kit(_ config: String, _ grants: [String: ListedTokens.Grant]) throws -> HubKit {
        HubKit(
            policy: try AppConfig(parsing: Array(config.utf8)).policy, doorkeeper: ListedTokens(grants))
    }

    // MARK: Scopes

    @Test func `SET, PUBLISH, GET and SUBSCRIBE need their scopes, else ERROR 301`() throws {
        let kit = try kit(
            "{}",
            [
                "r": .init(user: "r", scopes: ["read:/a/**"]), "w": .init(user: "w", scopes: ["write:/a/**"]),
                "x": .init(user: "x", scopes: ["admin:/a/**"]), "n": .init(user: "n", scopes: []),
            ])
        let codes = { (token: String) -> [UInt16] in
            let client = kit.joined(token: token)
            for frame in [
                Say.set("/a/x", 1), Say.publish("/a/x", .event, 1), Say.get("/a/x"), Say.subscribe(1, "/a/*"),
                Say.subscribe(2, "/**"), Say.set("/b", 1), Say.get("/b"), Say.bundle([Say.setBody("/a/y", 1)], .fire),
            ] { kit.say(frame, as: client) }
            let heard = kit.take(client)
            return heard.map { $0.code ?? 0 }
        }
        // Zero: an answer that is no ERROR. Not every message is answered.
        // The last one is what it wrote itself.
        #expect(codes("x") == [0, 0, 301, 301, 301, 0])
        #expect(codes("w") == [0, 301, 301, 301, 301])
        #expect(codes("r") == [301, 301, 0, 0, 301, 301, 301, 403])
        #expect(codes("n") == [301, 301, 301, 301, 301, 301, 301, 403])
    }

    @Test func `a snapshot, also the first one, holds what the token may read`() throws {
        let kit = try kit(
            "{}",
            [
                "all": .init(user: "u", scopes: ["admin:/**"]),
                "some": .init(user: "u", scopes: ["read:/a/**", "write:/b"]),
            ])
        let writer = kit.joined(token: "all")
        for address in ["/a", "/a/x", "/b", "/c"] { kit.set(writer, address, 1) }
        let client = kit.join(token: "some")
        #expect(kit.items(client).map(\.address) == ["/a/x", "/b"])
        kit.say(Say.subscribe(1, "/a/**"), as: client)
        #expect(kit.items(client).map(\.address) == ["/a/x"])
        // The pattern finds /a itself, the scope does not.
        for address in ["/a", "/a/x", "/a/y"] { kit.set(writer, address, 2) }
        #expect(kit.sets(client).map(\.address) == ["/a/x", "/a/y"])
    }

    @Test func `rights are looked up again when the number of an address goes to another one`() throws {
        var limits = HubLimits()
        limits.maxIdleAddresses = 2
        limits.messageRate = 0
        let kit = HubKit(
            limits: limits,
            doorkeeper: ListedTokens([
                "u": .init(user: "u", scopes: ["write:/mine/**", "read:/**"]),
                "all": .init(user: "v", scopes: ["admin:/**"]),
            ]))
        let client = kit.joined(token: "u")
        let all = kit.joined(token: "all")
        for number in 0..<200 {
            kit.say(Say.publish("/mine/\(number)", .event, 1), as: client)
            kit.say(Say.publish("/theirs/\(number)", .event, 1), as: all)
            kit.say(Say.publish("/theirs/\(number)", .event, 1), as: client)
        }
        #expect(kit.errors(client).count == 200)
        #expect(kit.hub.addressCount <= 4)
    }

    // MARK: Visibility

    private static let rooms = """
        {"snapshot_visibility":[
          {"path":"/room/{r}/**","visible":"require_state_not_null","lookup":"/member/{r}/{session}"},
          {"path":"/home/{u}/**","visible":"owner","owner_segment":"u","public_sub":"door"}],
         "snapshot_transforms":[{"path":"/room/{r}/meta","redact_fields":["secret"]},
                                {"path":"/pub/*","redact_fields":["secret"]}]}
        """

    private func rooms() throws -> (kit: HubKit, admin: Int, bob: Int) {
        let kit = try kit(
            Self.rooms,
            [
                "admin": .init(user: "admin", scopes: ["admin:/**"]), "bob": .init(user: "bob", scopes: ["admin:/**"]),
            ])
        let (admin, bob) = (kit.joined(token: "admin"), kit.joined(token: "bob"))
        kit.subscribe(bob, "/**")
        return (kit, admin, bob)
    }

    /// The param that decides is at an address that no rule is about.
    @Test func `live delivery follows a lookup as it changes`() throws {
        let (kit, admin, bob) = try rooms()
        let write = { (value: JSONValue) -> Int in
            kit.set(admin, "/room/1/x", value)
            kit.say(Say.publish("/room/1/e", .event, value), as: admin)
            kit.say(Say.publish("/room/1/s", .stream, value), as: admin)
            return kit.take(bob).count
        }
        #expect(write(1) == 0)
        kit.set(admin, "/member/1/bob", ["in": true])
        #expect(kit.sets(bob).count == 1)
        #expect(write(2) == 3)
        kit.set(admin, "/member/1/bob", nil)
        _ = kit.take(bob)
        #expect(write(3) == 0)
        kit.set(admin, "/member/1/bob", 1)
        _ = kit.take(bob)
        #expect(write(4) == 3)
        kit.set(admin, "/member/2/bob", 1)
        kit.say(Say.set("/member/1/bob", 1, ttl: 5), as: admin)
        _ = kit.take(bob)
        kit.advance(by: 5_000_000)
        _ = kit.take(bob)
        #expect(write(5) == 0)
    }

    @Test func `GET and snapshots follow it as well`() throws {
        let (kit, admin, bob) = try rooms()
        kit.set(admin, "/room/1/x", 1)
        _ = kit.take(bob)
        kit.say(Say.get("/room/1/x"), as: bob)
        kit.say(Say.subscribe(2, "/room/**"), as: bob)
        #expect(kit.take(bob).isEmpty)
        kit.set(admin, "/member/1/bob", 1)
        _ = kit.take(bob)
        kit.say(Say.get("/room/1/x"), as: bob)
        kit.say(Say.subscribe(2, "/room/**"), as: bob)
        #expect(kit.items(bob).count == 2)
        #expect(kit.items(kit.join(token: "bob")).map(\.address).sorted() == ["/member/1/bob", "/room/1/x"])
        #expect(kit.items(kit.join(token: "admin")).map(\.address) == ["/member/1/bob"])
    }

    @Test func `an owner sees his own, others the public part`() throws {
        let (kit, admin, bob) = try rooms()
        for address in ["/home/bob/x", "/home/admin/x", "/home/admin/door", "/home/admin/door/bell"] {
            kit.set(admin, address, 1)
        }
        #expect(kit.sets(bob).map(\.address) == ["/home/bob/x", "/home/admin/door", "/home/admin/door/bell"])
    }

    @Test func `catching up shows what may be seen by then`() throws {
        let (kit, admin, bob) = try rooms()
        kit.set(admin, "/member/1/bob", 1)
        _ = kit.take(bob)
        kit.stall(bob)
        kit.set(admin, "/room/1/x", 1)
        kit.say(Say.publish("/room/1/s", .stream, 1), as: admin)
        kit.set(admin, "/room/1/meta", ["name": "n", "secret": "s"])
        kit.set(admin, "/pub/x", ["name": "n", "secret": "s"])
        kit.set(admin, "/member/1/bob", nil)
        kit.resume(bob)
        let heard = kit.take(bob)
        #expect(Set(heard.compactMap(\.address)) == ["/pub/x", "/member/1/bob"])
        #expect(heard.contains(.set("/pub/x", ["name": "n"], 1)))
    }

    @Test func `a thinned delivery that is owed shows what may be seen by then`() throws {
        let (kit, admin, bob) = try rooms()
        kit.say(Say.subscribe(1, "/room/**", Say.Options(maxRate: 1)), as: bob)
        kit.set(admin, "/member/1/bob", 1)
        for number in 0..<3 {
            kit.set(admin, "/room/1/x", .int(Int64(number)))
            kit.say(Say.publish("/room/1/s", .stream, .int(Int64(number))), as: admin)
        }
        kit.set(admin, "/member/1/bob", nil)
        _ = kit.take(bob)
        kit.advance(by: 5_000_000)
        #expect(kit.take(bob).isEmpty)
    }

    @Test func `history shows what may be seen by then`() throws {
        let (kit, admin, bob) = try rooms()
        kit.say(Say.subscribe(9, "/**", Say.Options(history: 1)), as: admin)
        _ = kit.take(admin)
        kit.say(Say.publish("/room/1/e", .event, 1), as: bob)
        kit.say(Say.publish("/pub/e", .event, ["name": "n", "secret": "s"]), as: admin)
        _ = kit.take(bob)
        kit.say(Say.subscribe(2, "/**", Say.Options(history: 5)), as: bob)
        #expect(
            kit.publishes(bob) == [
                Heard.PublishHeard(address: "/pub/e", signal: .event, value: Say.bytes(of: ["name": "n"]))
            ])
    }

    @Test func `members that nobody is shown are in nothing that anybody gets`() throws {
        let (kit, admin, bob) = try rooms()
        let full: JSONValue = ["name": "n", "secret": "s", "x": 1]
        let shown: JSONValue = ["name": "n", "x": 1]
        kit.set(admin, "/pub/x", full)
        #expect(kit.take(bob) == [.set("/pub/x", shown, 1)])
        for signal in [Signal.event, .stream, .timeline, .param] {
            kit.say(Say.publish("/pub/x", signal, full), as: admin)
            #expect(kit.take(bob) == [.publish("/pub/x", signal, shown)])
        }
        for phase in [GesturePhase.start, .move, .move, .end] {
            kit.say(Say.publish("/pub/x", .gesture, full, phase: phase), as: admin)
            kit.advance(by: 20_000)
        }
        let gestures = kit.publishes(bob)
        #expect(gestures.count == 4)
        #expect(gestures.allSatisfy { $0.plain == shown })
        kit.say(Say.bundle([Say.setBody("/pub/x", full), Say.publishBody("/pub/x", .event, full)]), as: admin)
        #expect(kit.take(bob) == [.set("/pub/x", shown, 2), .publish("/pub/x", .event, shown)])
        kit.say(Say.get("/pub/x"), as: bob)
        kit.say(Say.subscribe(2, "/pub/*"), as: bob)
        #expect(kit.items(bob).map(\.plain) == [shown, shown])
        #expect(kit.items(kit.join(token: "bob")).map(\.plain) == [shown])
    }

    @Test func `in open mode rules about people do not apply, redaction does`() throws {
        let kit = HubKit(policy: try AppConfig(parsing: Array(Self.rooms.utf8)).policy)
        let clients = kit.joined(2)
        kit.subscribe(clients[1], "/**")
        kit.set(clients[0], "/room/1/x", 1)
        kit.set(clients[0], "/pub/x", ["secret": 1])
        #expect(kit.take(clients[1]) == [.set("/room/1/x", 1, 1), .set("/pub/x", [:], 1)])
    }

    // MARK: The chat

    @Test func `the chat application's config, over a hub`() throws {
        let text = try PackageFiles.text(at: PackageFiles.root + "/deploy/relay/config/chat.json")
        let config = try AppConfig(parsing: Array(text.utf8))
        let kit = HubKit(
            policy: config.policy,
            doorkeeper: ListedTokens([
                "alice": .init(user: "alice", scopes: config.scopes.texts(for: "alice")),
                "bob": .init(user: "bob", scopes: config.scopes.texts(for: "bob")),
            ]))
        let (alice, bob) = (kit.joined(token: "alice"), kit.joined(token: "bob"))
        for client in [alice, bob] { kit.subscribe(client, "/chat/room/r/**") }
        kit.set(alice, "/chat/room/r/meta", ["name": "R", "creatorId": "alice", "passwordHash": "h"])
        #expect(kit.sets(bob).map(\.plain) == [["name": "R", "creatorId": "alice"]])
        #expect(kit.sets(alice).map(\.plain) == [["name": "R", "creatorId": "alice"]])
        kit.set(bob, "/chat/room/r/meta", ["creatorId": "bob"])
        #expect(kit.errors(bob) == [403])

        let message = Say.publish("/chat/room/r/messages", .event, ["text": "hello"])
        kit.say(message, as: alice)
        #expect(kit.take(bob).isEmpty)
        kit.set(bob, "/chat/room/r/presence/bob", ["name": "Bob"])
        #expect(kit.sets(alice).count == 1)
        _ = kit.take(bob)
        kit.say(message, as: alice)
        #expect(kit.publishes(bob).count == 1)
        kit.set(bob, "/chat/room/r/presence/alice", ["name": "Bob"])
        #expect(kit.errors(bob) == [301])

        kit.close(bob)
        #expect(
            kit.sets(alice) == [
                Heard.SetHeard(address: "/chat/room/r/presence/bob", value: [0], revision: 2)
            ])
        let again = kit.joined(token: "bob")
        kit.subscribe(again, "/chat/room/r/**")
        kit.say(message, as: alice)
        #expect(kit.take(again).isEmpty)
    }
}
