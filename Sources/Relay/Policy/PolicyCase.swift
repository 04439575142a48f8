package import RelayJSON
import RelayProtocol

/// One line of a file of cases: somebody does something, and it should be allowed or not.
package struct PolicyCase: Sendable {
    package enum Action: String, Sendable, CaseIterable {
        case write
        case read
        case subscribe
    }

    package enum Decision: String, Sendable {
        case allow
        case deny
    }

    package let name: String?
    /// Nil for a session that speaks for nobody.
    package let subject: String?
    package let action: Action
    /// An address; for SUBSCRIBE a pattern.
    package let address: String
    package let expected: Decision
    /// Must occur in what names the deciding rule.
    package let rule: String?
    /// What a reader shall get of the stored value.
    package let sees: JSONValue?

    let value: [UInt8]
    let state: StateTable

    package init(parsing line: [UInt8]) throws(PolicyCaseError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: line)
        } catch {
            throw PolicyCaseError(sentence: "not JSON at byte \(error.offset): \(error.reason)")
        }
        try self.init(json)
    }

    private init(_ json: JSONValue) throws(PolicyCaseError) {
        guard json.object != nil else { throw PolicyCaseError(sentence: "a case is an object") }
        name = json["name"]?.string
        subject = try Self.subject(json["subject"])
        guard let action = json["action"]?.string.flatMap({ Action(rawValue: $0) }) else {
            throw PolicyCaseError(sentence: "\"action\" must be \"write\", \"read\" or \"subscribe\"")
        }
        self.action = action
        guard let address = json["address"]?.string else {
            throw PolicyCaseError(sentence: "\"address\" must be a text")
        }
        self.address = address
        guard let expected = json["expected"]?.string.flatMap({ Decision(rawValue: $0) }) else {
            throw PolicyCaseError(sentence: "\"expected\" must be \"allow\" or \"deny\"")
        }
        self.expected = expected
        rule = json["rule"]?.string
        sees = json["sees"]
        value = try Self.encoded(json["value"] ?? .null)
        state = try Self.state(json["state"])
    }

    private static func subject(_ json: JSONValue?) throws(PolicyCaseError) -> String? {
        guard let json, !json.isNull else { return nil }
        guard let text = json.string else { throw PolicyCaseError(sentence: "\"subject\" must be a text or null") }
        return text
    }

    private static func state(_ json: JSONValue?) throws(PolicyCaseError) -> StateTable {
        guard let json else { return StateTable() }
        guard let members = json.object else {
            throw PolicyCaseError(sentence: "\"state\" must be an object of addresses and values")
        }
        var table = StateTable()
        for member in members { table[member.key] = try encoded(member.value) }
        return table
    }

    private static func encoded(_ json: JSONValue) throws(PolicyCaseError) -> [UInt8] {
        guard let bytes = Value(plain: json).encoded else {
            throw PolicyCaseError(sentence: "a value is larger than a message can be")
        }
        return bytes
    }
}

package struct PolicyCaseError: Error, Equatable {
    package let sentence: String
}

/// A state small enough to be written down.
package struct StateTable: StateLookup, Sendable {
    private var values: [[UInt8]: [UInt8]] = [:]

    package init() {}

    /// Type code and data.
    package subscript(address: String) -> [UInt8]? {
        get { values[Array(address.utf8)] }
        set { values[Array(address.utf8)] = newValue }
    }

    package func withValue<Answer>(at address: RawSpan, _ body: (ValueBytes?) -> Answer) -> Answer {
        guard let value = values[address.array] else { return body(nil) }
        return body(ValueBytes(encoded: value.rawSpan))
    }
}
