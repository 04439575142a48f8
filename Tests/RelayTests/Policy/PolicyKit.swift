import Relay
import RelayJSON
import RelayProtocol

/// What policy tests share: configs, states and questions written as JSON.
struct PolicyKit {
    let config: AppConfig
    var state = StateTable()

    init(_ json: JSONValue, state: [String: JSONValue] = [:]) throws {
        config = try AppConfig(parsing: json.encoded())
        for (address, value) in state { self.state[address] = Value(plain: value).encoded }
    }

    init(rule: JSONValue, state: [String: JSONValue] = [:]) throws {
        try self.init(["write_rules": [rule]], state: state)
    }

    init(visibility: JSONValue..., state: [String: JSONValue] = [:]) throws {
        try self.init(["snapshot_visibility": .array(visibility)], state: state)
    }

    func refusal(of address: String, _ value: JSONValue = nil, by subject: String? = "alice") -> PolicyRefusal? {
        let address = Array(address.utf8)
        let value = Value(plain: value).encoded ?? []
        guard let bytes = ValueBytes(encoded: value.rawSpan) else { return nil }
        return config.policy.refusal(
            writing: address.rawSpan, value: bytes, subject: subject.flatMap { Subject($0) }, state: state)
    }

    func view(of address: String, by subject: String? = "alice") -> PolicyView {
        let address = Array(address.utf8)
        return config.policy.view(
            of: address.rawSpan, subject: subject.flatMap { Subject($0) }, state: state)
    }

    func isVisible(_ address: String, to subject: String? = "alice") -> Bool {
        if case .hidden = view(of: address, by: subject) { false } else { true }
    }
}

extension PathPattern {
    func matches(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        return matches(bytes.rawSpan)
    }
}

/// The expectation macros do not take spans.
extension Policy {
    func keepsHistory(of address: String) -> Bool {
        let bytes = Array(address.utf8)
        return keepsHistory(of: bytes.rawSpan)
    }
}

extension SessionScopes {
    func allowsReading(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        return allowsReading(bytes.rawSpan)
    }

    func allowsWriting(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        return allowsWriting(bytes.rawSpan)
    }
}
