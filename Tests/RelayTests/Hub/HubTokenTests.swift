@testable import Relay
import RelayAuth
import RelayProtocol
import RelaySimulation
import Testing

@Suite struct `The end of a token` {
    private static let second: UInt64 = 1_000_000

    /// A hub that knows one token, good for so many seconds, and a client that lives by it and wants to be warned.
    private func stage(_ seconds: UInt64) -> (kit: HubKit, client: Int, token: TokenRecord) {
        let kit = HubKit(doorkeeper: TokenDoorkeeper())
        let record = TokenRecord(
            digest: TokenDigest(of: "cpsk_t"), kind: .guest, subject: "ann", name: "Ann",
            scopes: ScopeList(["read:/**"]), created: UnixTime(seconds: 0), expiry: end(kit, seconds))
        kit.learn([.reset([record], denied: [:])])
        let client = kit.joined(token: "cpsk_t")
        kit.subscribe(client, "/clasp/relay/expiring")
        return (kit, client, record)
    }

    private func end(_ kit: HubKit, _ seconds: UInt64) -> UnixTime {
        UnixTime(microseconds: Int64(kit.now.unix + seconds * Self.second))
    }

    private func isOver(_ heard: [Heard], _ text: String) -> Bool {
        heard == [.error(code: 302, address: nil, text: text), .closed(code: 1008, reason: text)]
    }

    @Test(arguments: [(3_600, 3_540), (61, 1), (60, 30), (2, 1)] as [(UInt64, UInt64)])
    func `is told once, a minute before or half way, and comes`(seconds: UInt64, warning: UInt64) {
        let (kit, client, _) = stage(seconds)
        kit.advance(by: warning * Self.second - 1)
        #expect(kit.take(client).isEmpty)
        kit.advance(by: 1)
        #expect(kit.take(client).map(\.address) == ["/clasp/relay/expiring"])
        kit.advance(by: (seconds - warning) * Self.second - 1)
        #expect(kit.take(client).isEmpty)
        kit.advance(by: 1)
        #expect(isOver(kit.take(client), "Token expired"))
    }

    @Test func `is put off by a refresh, and told again`() {
        let (kit, client, first) = stage(60)
        kit.advance(by: 40 * Self.second)
        #expect(kit.take(client).count == 1)
        var token = first
        token.expiry = end(kit, 100)
        kit.learn([.stored(token)])
        kit.advance(by: 39 * Self.second)
        #expect(kit.take(client).isEmpty)
        kit.advance(by: Self.second)
        #expect(kit.take(client).count == 1)
        kit.advance(by: 60 * Self.second)
        #expect(isOver(kit.take(client), "Token expired"))
    }

    @Test func `comes at once when somebody revokes it`() {
        let (kit, client, token) = stage(3_600)
        kit.learn([.removed(token.digest)])
        #expect(isOver(kit.take(client), "Token revoked"))
    }

    @Test func `a token that came with the connection counts where HELLO has none`() {
        let (kit, _, _) = stage(3_600)
        for (token, isIn) in [("", true), ("cpsk_other", false)] {
            let client = kit.connect(offering: "cpsk_t")
            kit.say(Say.hello(token: token), as: client)
            let isWelcome = if case .welcome? = kit.take(client).first { true } else { false }
            #expect(isWelcome == isIn)
        }
    }
}
