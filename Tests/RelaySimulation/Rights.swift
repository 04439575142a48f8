import RelayJSON
import RelayTestKit

/// Who may do what, from the text of the rules alone: scopes by the naive matcher, the application's config by the
/// policy's oracle.
struct Rights {
    struct Person: Hashable {
        let user: String?
        let scopes: [String]
    }

    enum Refusal {
        case scope
        case rule
    }

    var oracle: PolicyOracle

    init(config: JSONValue) { oracle = PolicyOracle(config: config) }

    // MARK: Scopes

    /// `read:/a/**` does not reach `/a`.
    private func reaches(_ scope: String, _ address: String) -> Bool {
        guard address.hasPrefix("/") else { return false }
        let pattern = pattern(of: scope)
        return Matching.matches(pattern.hasSuffix("/**") ? pattern + "/*" : pattern, address)
    }

    private func pattern(of scope: String) -> String { String(scope.drop { $0 != ":" }.dropFirst()) }

    func mayRead(_ person: Person, _ address: String) -> Bool { person.scopes.contains { reaches($0, address) } }

    func mayWrite(_ person: Person, _ address: String) -> Bool {
        person.scopes.contains { !$0.hasPrefix("read:") && reaches($0, address) }
    }

    func maySubscribe(_ person: Person, _ pattern: String) -> Bool {
        person.scopes.contains { scope in
            let allowed = self.pattern(of: scope)
            guard !scope.hasPrefix("write:"), Matching.covers(allowed, pattern) else { return false }
            // What ends in /** is within another such by the same right; anything else must lie below.
            return !allowed.hasSuffix("/**") || pattern.hasSuffix("/**") || Matching.covers(allowed + "/*", pattern)
        }
    }

    // MARK: The application

    func refusal(_ person: Person, writing value: JSONValue, at address: String) -> Refusal? {
        guard mayWrite(person, address) else { return .scope }
        return oracle.refusal(address, value, person.user) == nil ? nil : .rule
    }

    func sees(_ person: Person, _ address: String) -> Bool {
        mayRead(person, address) && oracle.sees(address, person.user)
    }

    /// Whether a param is the presence of whoever writes it.
    func isPresence(_ person: Person?, _ address: String) -> Bool {
        (oracle.config["presence"]?.array ?? []).contains { path in
            guard let path = path.string, let captures = oracle.captures(path, address) else { return false }
            guard let user = person?.user, !captures.isEmpty else { return true }
            return captures.values.contains(user)
        }
    }
}

/// The naive matcher, with a memory.
enum Matching {
    private struct Pair: Hashable {
        let pattern: String
        let address: String
    }

    private final class Memory: @unchecked Sendable {
        var matches: [Pair: Bool] = [:]
        var covers: [Pair: Bool] = [:]
    }

    /// One thread simulates.
    private static let memory = Memory()

    static func matches(_ pattern: String, _ address: String) -> Bool {
        let pair = Pair(pattern: pattern, address: address)
        if let known = memory.matches[pair] { return known }
        if memory.matches.count > 200_000 { memory.matches = [:] }
        let answer = NaiveMatcher.matches(Array(pattern.utf8), Array(address.utf8))
        memory.matches[pair] = answer
        return answer
    }

    static func covers(_ pattern: String, _ other: String) -> Bool {
        let pair = Pair(pattern: pattern, address: other)
        if let known = memory.covers[pair] { return known }
        if memory.covers.count > 200_000 { memory.covers = [:] }
        let answer = NaiveMatcher.covers(Array(pattern.utf8), Array(other.utf8))
        memory.covers[pair] = answer
        return answer
    }
}
