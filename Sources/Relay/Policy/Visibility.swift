import RelayProtocol

/// Who sees the addresses it concerns.
package struct VisibilityRule: Sendable {
    package enum Extent: Sendable {
        /// Addresses with these bytes anywhere.
        case containing([UInt8])
        case path(PathPattern)
        case everything
    }

    package enum Condition: Sendable {
        case always
        /// Also what a config says in words that mean nothing here, or without the members it needs.
        case never
        /// The user whose id stands in that segment; others only what lies at `publicPart` below it.
        case owner(segment: Int, publicPart: [UInt8]?)
        /// Who has, or whose place has, a value there that is not null.
        case stateNotNull(Template)
    }

    package let extent: Extent
    /// Where captures come from; beside `containing` it need not match.
    package let path: PathPattern?
    package let condition: Condition

    func concerns(_ address: RawSpan) -> Bool {
        switch extent {
        case .containing(let part): address.contains(part.rawSpan)
        case .path(let path): path.matches(address)
        case .everything: true
        }
    }
}

/// What somebody gets to see of an address.
package enum PolicyView: Sendable {
    case hidden
    case full
    /// All but these members.
    case redacted(Redaction)
}

/// Who sees an address, as far as the address alone tells: for most there is nothing to ask per session.
package enum Audience: Sendable, Equatable {
    case everyone
    case nobody
    /// Ask `admits` for each.
    case some
}

extension Policy {
    /// What a session sees of a param, or of a signal, that its scopes let it read.
    ///
    /// Without a subject whatever needs one is hidden. A relay in open mode knows no subjects and does not ask.
    package func view(
        of address: RawSpan, subject: Subject?, state: borrowing some StateLookup & ~Copyable
    ) -> PolicyView {
        guard admits(subject, to: address, by: visibilityRule(for: address), state: state) else { return .hidden }
        guard let redaction = redaction(of: address) else { return .full }
        return .redacted(redaction)
    }

    package func audience(of rule: UInt16?) -> Audience {
        guard let rule, Int(rule) < visibility.count else { return .everyone }
        return switch visibility[Int(rule)].condition {
        case .always: .everyone
        case .never: .nobody
        case .owner, .stateNotNull: .some
        }
    }

    /// Whether the rule, from `rules(for:)`, shows that address to a session.
    package func admits(
        _ subject: Subject?, to address: RawSpan, by number: UInt16?, state: borrowing some StateLookup & ~Copyable
    ) -> Bool {
        guard let number, Int(number) < visibility.count else { return true }
        let rule = visibility[Int(number)]
        switch rule.condition {
        case .always: return true
        case .never: return false
        case .owner(let segment, let publicPart):
            guard let path = rule.path, path.matches(address), let range = address.segmentRange(segment) else {
                return false
            }
            if let subject, address.bytes(range).isEqual(to: subject.bytes.rawSpan) { return true }
            guard let publicPart else { return false }
            let end = Int(range.start) + Int(range.count)
            let below = address.extracting(min(end + 1, address.byteCount)..<address.byteCount)
            return below.isEqual(to: publicPart.rawSpan)
                || below.starts(with: (publicPart + [Address.separator]).rawSpan)
        case .stateNotNull(let lookup):
            if subject == nil, lookup.namesSubject { return false }
            if case .containing = rule.extent, lookup.namesCapture, rule.path?.matches(address) != true { return false }
            let bytes = subject?.bytes ?? []
            let place = lookup.filled(subject: bytes.rawSpan, address: address)
            return state.isPresent(place.rawSpan)
        }
    }
}
