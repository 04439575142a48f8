import RelayJSON
import RelayProtocol

/// Prints what a subscription brings, a line each: the address, and the value as JSON.
struct SubscriptionPrinter {
    var patterns: [Pattern] = []
    private let asJSON: Bool
    private var left: Int?
    /// The newest revision that was printed. A relay sends what it holds at the start of a session and again for each
    /// subscription; once is enough.
    private var printed: [String: UInt64] = [:]

    init(asJSON: Bool, limit: Int?) {
        self.asJSON = asJSON
        left = limit
    }

    var isDone: Bool { left == 0 }

    /// False when nobody reads what is printed.
    mutating func take(_ message: JSONValue) -> Bool {
        let lines = lines(for: message)
        return lines.isEmpty || TextOutput.say(lines) == 0
    }

    mutating func lines(for message: JSONValue) -> [String] {
        var lines: [String] = []
        switch message["type"]?.string {
        case "SNAPSHOT":
            for param in message["params"]?.array ?? [] {
                guard let address = address(of: param), isNew(address, param) else { continue }
                lines.append(line(param, address, type: "snapshot"))
            }
        case "SET":
            guard let address = address(of: message) else { return [] }
            _ = isNew(address, message)
            // Behind a removal a new line of revisions begins.
            if message["value"]?["t"] == "null" { printed[address] = nil }
            lines.append(line(message, address, type: "set"))
        case "PUBLISH":
            guard let address = address(of: message) else { return [] }
            lines.append(line(message, address, type: message["signal"]?.string ?? "event"))
        default: return []
        }
        if let left {
            lines = Array(lines.prefix(left))
            self.left = left - lines.count
        }
        return lines
    }

    /// Of what was asked for; the snapshot of the session itself holds everything.
    private func address(of item: JSONValue) -> String? {
        guard let address = item["address"]?.string else { return nil }
        let bytes = Array(address.utf8)
        return patterns.contains { $0.matches(bytes.rawSpan) } ? address : nil
    }

    private mutating func isNew(_ address: String, _ item: JSONValue) -> Bool {
        guard let revision = item["revision"]?.string.flatMap({ UInt64($0) }) else { return true }
        if let known = printed[address], known >= revision { return false }
        printed[address] = revision
        return true
    }

    private func line(_ item: JSONValue, _ address: String, type: String) -> String {
        let value = item["value"].map(PlainValue.plain)
        guard asJSON else { return value.map { "\(address) \($0.line)" } ?? address }
        var members = [JSONMember("type", .string(type)), JSONMember("address", .string(address))]
        if let value { members.append(JSONMember("value", value)) }
        if let revision = item["revision"]?.string.flatMap({ Int64($0) }) {
            members.append(JSONMember("revision", .int(revision)))
        }
        if let writer = item["writer"] { members.append(JSONMember("writer", writer)) }
        return JSONValue.object(members).line
    }
}
