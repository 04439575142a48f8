import RelayProtocol

extension Check {
    /// What is wrong with a write, or nil. Sentences are only made for those who are refused.
    func failure(of attempt: WriteAttempt, state: borrowing some StateLookup & ~Copyable) -> String? {
        switch self {
        case .stateFieldEqualsSession(let lookup, let field, let allowsMissing):
            return stateField(field, at: lookup, allowsMissing: allowsMissing, attempt, state)
        case .stateNotNull(let lookup):
            let place = lookup.filled(subject: attempt.subject, address: attempt.address)
            return state.isPresent(place.rawSpan) ? nil : "there is nothing at \(place.excerpt)"
        case .eitherStateNotNull(let one, let two):
            let first = one.filled(subject: attempt.subject, address: attempt.address)
            if state.isPresent(first.rawSpan) { return nil }
            let second = two.filled(subject: attempt.subject, address: attempt.address)
            if state.isPresent(second.rawSpan) { return nil }
            return "there is nothing at \(first.excerpt) nor at \(second.excerpt)"
        case .valueFieldEqualsSession(let field):
            guard let found = attempt.value.text(of: field.rawSpan) else {
                return "the value has no text \(field.excerpt), which must be your user id"
            }
            if found.isEqual(to: attempt.subject) { return nil }
            return "\(field.excerpt) of the value is \(found.excerpt), which is not your user id"
        case .requireValueField(let field):
            return attempt.value.text(of: field.rawSpan) != nil ? nil : "the value has no text \(field.excerpt)"
        case .segmentEqualsSession(let name, let segment):
            guard let segment, let range = attempt.address.segmentRange(segment) else {
                return "the path of the rule has no {\(name)}"
            }
            let found = attempt.address.bytes(range)
            if found.isEqual(to: attempt.subject) { return nil }
            return "\(name) in the address is \(found.excerpt), which is not your user id"
        case .rejectUnlessPathMatches(let pattern, let message):
            return pattern.matches(attempt.address) ? nil : message
        }
    }

    private func stateField(
        _ field: [UInt8], at lookup: Template, allowsMissing: Bool, _ attempt: WriteAttempt,
        _ state: borrowing some StateLookup & ~Copyable
    ) -> String? {
        let place = lookup.filled(subject: attempt.subject, address: attempt.address)
        let subject = attempt.subject
        let finding = state.withValue(at: place.rawSpan) { value -> StateFinding in
            guard let value else { return .missing }
            guard let text = value.text(of: field.rawSpan) else { return .noText }
            return text.isEqual(to: subject) ? .subject : .another
        }
        // What is stored is not told: who is refused here may not be allowed to read it.
        switch finding {
        case .subject: return nil
        case .missing: return allowsMissing ? nil : "there is nothing at \(place.excerpt), so no \(field.excerpt) in it"
        case .noText: return "what is stored at \(place.excerpt) has no text \(field.excerpt)"
        case .another: return "\(field.excerpt) of what is stored at \(place.excerpt) is not your user id"
        }
    }
}

private enum StateFinding { case missing, noText, another, subject }

extension RawSpan {
    /// For error texts: what a peer chose is quoted, and cut where it would make the text unreadable.
    var excerpt: String {
        let limit = 200
        guard byteCount > limit else { return text }
        return extracting(0..<limit).text + "…"
    }
}

extension Array where Element == UInt8 {
    var excerpt: String { rawSpan.excerpt }
}
