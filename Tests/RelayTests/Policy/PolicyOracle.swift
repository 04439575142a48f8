import RelayJSON

/// The same rules once more, as plainly as they can be written: texts are split and searched, values are trees, the
/// config is the JSON it came as. Shares no code with what it judges.
struct PolicyOracle {
    let config: JSONValue
    var state: [String: JSONValue] = [:]

    func captures(_ path: String, _ address: String) -> [String: String]? {
        let parts = address.components
        var found: [String: String] = [:]
        for (index, wanted) in path.components.enumerated() {
            if wanted == "**" { return found }
            guard index < parts.count else { return nil }
            if wanted.hasPrefix("{"), wanted.hasSuffix("}"), wanted.count > 1 {
                found[String(wanted.dropFirst().dropLast())] = parts[index]
            } else if wanted != "*", wanted != parts[index] {
                return nil
            }
        }
        return path.components.count == parts.count ? found : nil
    }

    func fill(_ template: String, _ names: [String: String]) -> String {
        guard let first = template.first else { return "" }
        for (name, text) in names where template.hasPrefix("{\(name)}") {
            return text + fill(String(template.dropFirst(name.count + 2)), names)
        }
        return String(first) + fill(String(template.dropFirst()), names)
    }

    func passes(_ check: JSONValue, _ found: [String: String], _ address: String, _ value: JSONValue, _ user: String)
        -> Bool
    {
        func stored(_ member: String) -> JSONValue? {
            state[fill(check[member]?.string ?? "", found.merging(["session": user]) { $1 })]
        }
        let field = check["field"]?.string ?? ""
        switch check["type"]?.string {
        case "state_field_equals_session":
            guard let stored = stored("lookup") else { return check["allow_if_missing"]?.bool ?? false }
            return stored[field]?.string == user
        case "state_not_null": return !(stored("lookup") ?? .null).isNull
        case "either_state_not_null":
            return !(stored("lookup_a") ?? .null).isNull || !(stored("lookup_b") ?? .null).isNull
        case "value_field_equals_session": return value[field]?.string == user
        case "require_value_field": return value[field]?.string != nil
        case "segment_equals_session": return found[check["segment"]?.string ?? ""] == user
        default: return captures(check["pattern"]?.string ?? "", address) != nil
        }
    }

    /// The number of the rule that refuses.
    func refusal(_ address: String, _ value: JSONValue, _ user: String?) -> Int? {
        guard let user else { return nil }
        for (number, rule) in (config["write_rules"]?.array ?? []).enumerated() {
            guard let found = captures(rule["path"]?.string ?? "", address) else { continue }
            func results(_ list: String) -> [Bool] {
                (rule[list]?.array ?? []).map { passes($0, found, address, value, user) }
            }
            if results("pre_checks").contains(false) { return number }
            if rule["allow_null_write"]?.bool == true, value.isNull { return nil }
            let checks = results("checks")
            let isFine = rule["mode"] == "any" ? checks.isEmpty || checks.contains(true) : !checks.contains(false)
            return isFine ? nil : number
        }
        return nil
    }

    func sees(_ address: String, _ user: String?) -> Bool {
        for rule in config["snapshot_visibility"]?.array ?? [] {
            let path = rule["path"]?.string
            let found = path.map { captures($0, address) } ?? [:]
            if let part = rule["path_contains"]?.string {
                if !address.indices.contains(where: { address[$0...].hasPrefix(part) }) { continue }
            } else if found == nil {
                continue
            }
            if let isVisible = rule["visible"]?.bool { return isVisible }
            if rule["visible"] == "owner" {
                guard let path, let found, let name = rule["owner_segment"]?.string, let owner = found[name] else {
                    return false
                }
                if owner == user { return true }
                guard let part = rule["public_sub"]?.string else { return false }
                let index = path.components.firstIndex(of: "{\(name)}") ?? 0
                let rest = address.components.dropFirst(index + 1).joined(separator: "/")
                return rest == part || rest.hasPrefix(part + "/")
            }
            guard let lookup = rule["lookup"]?.string else { return false }
            if user == nil, lookup.contains("{session}") { return false }
            let unknown = found == nil ? path?.components.filter { $0.hasPrefix("{") && $0 != "{session}" } : []
            if (unknown ?? []).contains(where: { lookup.contains($0) }) { return false }
            let names = (found ?? [:]).merging(user.map { ["session": $0] } ?? [:]) { $1 }
            return !(state[fill(lookup, names)] ?? .null).isNull
        }
        return true
    }

    func shown(_ address: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = value else { return value }
        for transform in config["snapshot_transforms"]?.array ?? []
        where captures(transform["path"]?.string ?? "", address) != nil {
            members.removeAll { (transform["redact_fields"]?.array ?? []).contains(.string($0.key)) }
        }
        return .object(members)
    }
}

extension String {
    fileprivate var components: [String] { split(separator: "/", omittingEmptySubsequences: false).map { String($0) } }
}
