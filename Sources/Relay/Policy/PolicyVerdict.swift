package import RelayJSON
import RelayProtocol

/// What a config says to a case, and why, for whoever writes configs.
package struct PolicyVerdict: Sendable {
    package private(set) var decision: PolicyCase.Decision
    /// The scope or rule that decided, as the config has it.
    package private(set) var rule: String
    /// What a reader gets of the stored value, where there is one.
    package private(set) var seen: JSONValue?
    /// Everything that was looked at on the way.
    package private(set) var steps: [String] = []

    package init(of test: PolicyCase, by config: AppConfig) {
        decision = .deny
        rule = ""
        if let name = test.subject, Subject(name) == nil {
            rule = "\"\(name)\" cannot be a subject"
            return
        }
        guard passesScopes(test, config) else { return }
        switch test.action {
        case .write: judgeWrite(test, config.policy)
        case .read: judgeRead(test, config.policy)
        case .subscribe: decision = .allow
        }
    }

    package func fits(_ test: PolicyCase) -> Bool {
        guard decision == test.expected else { return false }
        if let sees = test.sees, sees != (seen ?? .null) { return false }
        guard let expected = test.rule else { return true }
        return Array(rule.utf8).rawSpan.contains(Array(expected.utf8).rawSpan)
    }

    private mutating func passesScopes(_ test: PolicyCase, _ config: AppConfig) -> Bool {
        guard let subject = test.subject else {
            rule = "no subject, so no scopes"
            return true
        }
        let address = Array(test.address.utf8)
        let texts = config.scopes.texts(for: subject)
        let allowing = texts.first { text in
            guard let scope = Scope(text) else { return false }
            return switch test.action {
            case .write: scope.allowsWriting(address.rawSpan)
            case .read: scope.allowsReading(address.rawSpan)
            case .subscribe: Pattern(test.address).map { scope.allowsSubscribing(to: $0) } ?? false
            }
        }
        steps.append("scopes: \(texts.count) for \(subject), of which \(allowing ?? "none") allows it")
        rule = allowing.map { "scope \($0)" } ?? "scopes: none allows \(subject) to \(test.action.rawValue) this"
        return allowing != nil
    }

    // MARK: Writing

    private mutating func judgeWrite(_ test: PolicyCase, _ policy: Policy) {
        decision = .allow
        let address = Array(test.address.utf8)
        guard let number = policy.writeRule(for: address.rawSpan) else {
            steps.append("write_rules: none is for this address")
            return
        }
        let writeRule = policy.writeRules[Int(number)]
        rule = "write_rules[\(number)] (\(writeRule.path.text))"
        guard let subject = test.subject.flatMap({ Subject($0) }) else {
            steps.append("\(rule): passes whoever has no subject")
            return
        }
        guard let value = ValueBytes(encoded: test.value.rawSpan) else { return }
        let attempt = WriteAttempt(address: address.rawSpan, value: value, subject: subject.bytes.rawSpan)
        steps.append("\(rule) is the first for this address")
        for check in writeRule.preChecks { note(check, "pre-check", attempt, test.state) }
        if writeRule.allowsNull, value.isNull { steps.append("  null is allowed") }
        for check in writeRule.checks { note(check, "check, \(writeRule.mode.rawValue) needed", attempt, test.state) }
        let refusal = policy.refusal(
            by: number, writing: address.rawSpan, value: value, subject: subject, state: test.state)
        guard let refusal else { return }
        decision = .deny
        steps.append("ERROR 403: \(refusal.text)")
        guard let failure = writeRule.failure(of: attempt, state: test.state) else { return }
        rule += ", \(failure.check.rawValue): \(failure.sentence)"
    }

    private mutating func note(_ check: Check, _ role: String, _ attempt: WriteAttempt, _ state: StateTable) {
        let failure = check.failure(of: attempt, state: state)
        steps.append("  \(role): \(check.type.rawValue): \(failure ?? "passes")")
    }

    // MARK: Reading

    private mutating func judgeRead(_ test: PolicyCase, _ policy: Policy) {
        let address = Array(test.address.utf8)
        if let number = policy.visibilityRule(for: address.rawSpan) {
            rule = "snapshot_visibility[\(number)] (\(policy.visibility[Int(number)].summary))"
            steps.append("\(rule) is the first for this address")
        } else {
            steps.append("snapshot_visibility: none is for this address, so it is visible")
        }
        switch policy.view(of: address.rawSpan, subject: test.subject.flatMap { Subject($0) }, state: test.state) {
        case .hidden:
            steps.append("  hidden: GET is not answered, nothing is delivered")
        case .full:
            decision = .allow
            seen = test.state[test.address].flatMap { Value(encoded: $0)?.plain }
        case .redacted(let redaction):
            decision = .allow
            seen = test.state[test.address].flatMap { Value(encoded: redaction.encoded($0))?.plain }
            let fields = redaction.fields.map { String(decoding: $0, as: UTF8.self) }
            steps.append("  without \(fields.joined(separator: ", "))")
        }
    }
}

extension VisibilityRule {
    fileprivate var summary: String {
        let place =
            switch extent {
            case .containing(let part): "contains \(String(decoding: part, as: UTF8.self))"
            case .path(let path): path.text
            case .everything: "everything"
            }
        return switch condition {
        case .always: "\(place): visible"
        case .never: "\(place): hidden"
        case .owner: "\(place): owner"
        case .stateNotNull(let lookup): "\(place): needs \(lookup.text)"
        }
    }
}
