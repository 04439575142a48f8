import RelayProtocol

/// Why a write was refused, for ERROR 403.
package struct PolicyRefusal: Equatable, Sendable {
    /// The number of the rule in the config, counted from 0.
    package let rule: Int
    package let text: String
}

extension Policy {
    /// Whether a SET or PUBLISH must be refused. The first rule whose path matches decides; no rule, or no subject,
    /// means no objection.
    package func refusal(
        writing address: RawSpan, value: ValueBytes, subject: Subject?,
        state: borrowing some StateLookup & ~Copyable
    ) -> PolicyRefusal? {
        guard subject != nil, let rule = writeRule(for: address) else { return nil }
        return refusal(by: rule, writing: address, value: value, subject: subject, state: state)
    }

    /// The same where the rule is known, from `rules(for:)`.
    package func refusal(
        by rule: UInt16, writing address: RawSpan, value: ValueBytes, subject: Subject?,
        state: borrowing some StateLookup & ~Copyable
    ) -> PolicyRefusal? {
        guard let subject, Int(rule) < writeRules.count else { return nil }
        let rule = Int(rule)
        let attempt = WriteAttempt(address: address, value: value, subject: subject.bytes.rawSpan)
        guard let failure = writeRules[rule].failure(of: attempt, state: state) else { return nil }
        return PolicyRefusal(rule: rule, text: text(of: failure, in: rule))
    }

    /// The rule and the check by name, so that whoever wrote the config finds the place; but the message of
    /// `reject_unless_path_matches` is spoken as it is.
    private func text(of failure: CheckFailure, in rule: Int) -> String {
        if failure.check == .rejectUnlessPathMatches { return failure.sentence }
        return "write_rules[\(rule)] (\(writeRules[rule].path.text)), \(failure.check.rawValue): \(failure.sentence)"
    }
}

/// One write by somebody, as checks see it.
struct WriteAttempt: ~Escapable {
    let address: RawSpan
    let value: ValueBytes
    let subject: RawSpan
}

struct CheckFailure: Sendable {
    let check: CheckType
    let sentence: String
}

extension WriteRule {
    func failure(of attempt: WriteAttempt, state: borrowing some StateLookup & ~Copyable) -> CheckFailure? {
        for check in preChecks {
            if let sentence = check.failure(of: attempt, state: state) {
                return CheckFailure(check: check.type, sentence: sentence)
            }
        }
        if allowsNull, attempt.value.isNull { return nil }
        var first: CheckFailure?
        for check in checks {
            let sentence = check.failure(of: attempt, state: state)
            switch (mode, sentence) {
            case (.any, nil): return nil
            case (.all, nil): continue
            case (.all, let sentence?): return CheckFailure(check: check.type, sentence: sentence)
            case (.any, let sentence?): first = first ?? CheckFailure(check: check.type, sentence: sentence)
            }
        }
        return first
    }
}
