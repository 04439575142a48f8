package import RelayJSON

/// The same rules once more, as plainly as they can be written: texts are split and searched, values are trees, the
/// config is the JSON it came as. Shares no code with what it judges.
package struct PolicyOracle {
    package let config: JSONValue
    package var state: [String: JSONValue] = [:]
    private let memory = Memory()

    package init(config: JSONValue) { self.config = config }

    /// What follows from two texts alone need not be worked out twice.
    private final class Memory {
        var captures: [String: [String: [String: String]?]] = [:]
    }

    func captures(_ path: String, _ address: String) -> [String: String]? {
        if let known = memory.captures[path]?[address] { return known }
        let found = worksOut(path, address)
        memory.captures[path, default: [:]][address] = .some(found)
        return found
    }

    private func worksOut(_ path: String, _ address: String) -> [String: String]? {
        let (wanted, parts) = (path.components, address.components)
        var found: [String: String] = [:]
        for (index, segment) in wanted.enumerated() {
            if segment == "**" { return found }
            guard index < parts.count, segment.isName || segment == "*" || segment == parts[index] else { return nil }
            if segment.isName { found[String(segment.dropFirst().dropLast())] = parts[index] }
        }
        return wanted.count == parts.count ? found : nil
    }

    func fill(_ template: String, _ names: [String: String]) -> String {
        guard let first = template.first else { return "" }
        for (name, text) in names where template.hasPrefix("{\(name)}") {
            return text + fill(String(template.dropFirst(name.count + 2)), names)
        }
        return String(first) + fill(String(template.dropFirst()), names)
    }

    func passes(_ check: JSONValue, _ names: [String: String], _ address: String, _ value: JSONValue) -> Bool {
        func stored(_ member: String) -> JSONValue? { state[fill(check.text(member), names)] }
        func exists(_ member: String) -> Bool { stored(member).map { !$0.isNull } ?? false }
        let user = names["session"]
        switch check.text("type") {
        case "state_field_equals_session":
            return stored("lookup").map { $0[check.text("field")]?.string == user }
                ?? (check["allow_if_missing"] == true)
        case "state_not_null": return exists("lookup")
        case "either_state_not_null": return exists("lookup_a") || exists("lookup_b")
        case "value_field_equals_session": return value[check.text("field")]?.string == user
        case "require_value_field": return value[check.text("field")]?.string != nil
        case "segment_equals_session": return names["of " + check.text("segment")] == user
        default: return captures(check.text("pattern"), address) != nil
        }
    }

    /// The number of the rule that refuses.
    package func refusal(_ address: String, _ value: JSONValue, _ user: String?) -> Int? {
        guard let user else { return nil }
        for (number, rule) in config.items("write_rules").enumerated() {
            guard var names = captures(rule.text("path"), address) else { continue }
            for (name, text) in names { names["of " + name] = text }
            names["session"] = user
            let results = { (list: String) in rule.items(list).map { passes($0, names, address, value) } }
            if results("pre_checks").contains(false) { return number }
            if rule["allow_null_write"] == true, value.isNull { return nil }
            let checks = results("checks")
            return checks.isEmpty || (rule["mode"] == "any" ? checks.contains(true) : !checks.contains(false))
                ? nil : number
        }
        return nil
    }

    package func sees(_ address: String, _ user: String?) -> Bool {
        let rule = config.items("snapshot_visibility").first { rule in
            if let part = rule["path_contains"]?.string {
                return address.indices.contains { address[$0...].hasPrefix(part) }
            }
            return rule["path"]?.string == nil || captures(rule.text("path"), address) != nil
        }
        guard let rule, rule["visible"] != true else { return true }
        let path = rule.text("path")
        var names = captures(path, address) ?? [:]
        if rule["visible"] == "owner" {
            guard let owner = names[rule.text("owner_segment")] else { return false }
            let start = path.components.firstIndex(of: "{\(rule.text("owner_segment"))}") ?? 0
            let rest = address.components.dropFirst(start + 1).joined(separator: "/")
            let part = rule["public_sub"]?.string
            return owner == user || part.map { rest == $0 || rest.hasPrefix($0 + "/") } ?? false
        }
        guard let lookup = rule["lookup"]?.string else { return false }
        names["session"] = user
        // A name that ought to stand for something here, and stands for nothing, opens no door.
        let due = path.components.filter(\.isName) + ["{session}"]
        if due.contains(where: { lookup.contains($0) && names[String($0.dropFirst().dropLast())] == nil }) {
            return false
        }
        return state[fill(lookup, names)].map { !$0.isNull } ?? false
    }

    package func shown(_ address: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = value else { return value }
        for transform in config.items("snapshot_transforms") where captures(transform.text("path"), address) != nil {
            members.removeAll { transform.items("redact_fields").contains(.string($0.key)) }
        }
        return .object(members)
    }
}

extension JSONValue {
    fileprivate func text(_ member: String) -> String { self[member]?.string ?? "" }
    fileprivate func items(_ member: String) -> [JSONValue] { self[member]?.array ?? [] }
}

extension String {
    fileprivate var components: [String] { split(separator: "/", omittingEmptySubsequences: false).map { String($0) } }
    fileprivate var isName: Bool { count > 1 && hasPrefix("{") && hasSuffix("}") }
}
