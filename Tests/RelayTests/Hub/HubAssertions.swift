@testable import Relay
import RelayJSON
import RelayProtocol
import RelaySimulation

/// What tests of the hub look for in what a client heard.
extension HubKit {
    func sets(_ client: Int) -> [Heard.SetHeard] {
        take(client).compactMap { if case .set(let set) = $0 { set } else { nil } }
    }

    func publishes(_ client: Int) -> [Heard.PublishHeard] {
        take(client).compactMap { if case .publish(let publish) = $0 { publish } else { nil } }
    }

    /// Every item of every SNAPSHOT.
    func items(_ client: Int) -> [Heard.SnapshotItem] {
        take(client).flatMap { heard -> [Heard.SnapshotItem] in
            if case .snapshot(let items) = heard { items } else { [] }
        }
    }

    func errors(_ client: Int) -> [UInt16] {
        take(client).compactMap { if case .error(let code, _, _) = $0 { code } else { nil } }
    }

    /// Clients that have greeted and forgotten what that brought.
    func joined(_ count: Int) -> [Int] {
        let clients = (0..<count).map { _ in join() }
        for client in clients { _ = take(client) }
        return clients
    }

    /// One with that token.
    func joined(token: String) -> Int {
        let client = join(token: token)
        _ = take(client)
        return client
    }

    func subscribe(_ client: Int, _ pattern: String, id: UInt32 = 1, types: SignalSet = []) {
        say(Say.subscribe(id, pattern, types: types), as: client)
        _ = take(client)
    }

    func set(_ client: Int, _ address: String, _ value: JSONValue) { say(Say.set(address, value), as: client) }
}

extension Heard {
    static func set(_ address: String, _ value: JSONValue, _ revision: UInt64) -> Heard {
        .set(SetHeard(address: address, value: Say.bytes(of: value), revision: revision))
    }

    static func publish(_ address: String, _ signal: Signal, _ value: JSONValue?) -> Heard {
        .publish(PublishHeard(address: address, signal: signal, value: value.map(Say.bytes)))
    }

    var code: UInt16? { if case .error(let code, _, _) = self { code } else { nil } }
    var text: String? { if case .error(_, _, let text) = self { text } else { nil } }
}

extension Heard.SetHeard {
    var plain: JSONValue? { Value(encoded: value)?.plain }
}

extension Heard.PublishHeard {
    var plain: JSONValue? { value.flatMap { Value(encoded: $0)?.plain } }
}

extension Heard.SnapshotItem {
    var plain: JSONValue? { Value(encoded: value)?.plain }
}
