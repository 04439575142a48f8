import RelayProtocol

/// What the application allows, beyond scopes: who may write what, who sees what, and how much of it.
///
/// Pure: every question is answered from the arguments alone.
package struct Policy: Sendable {
    package let writeRules: [WriteRule]
    package let transforms: [Transform]
    package let visibility: [VisibilityRule]
    /// Params that vanish with the connection that wrote them.
    package let presence: [PathPattern]
    /// Signals of which the last ones are kept.
    package let history: [PathPattern]

    /// Whether some session may be refused a param or signal that its scopes allow.
    package let mayHide: Bool

    package static let none = Policy(writeRules: [], transforms: [], visibility: [], presence: [], history: [])

    init(
        writeRules: [WriteRule], transforms: [Transform], visibility: [VisibilityRule], presence: [PathPattern],
        history: [PathPattern]
    ) {
        self.writeRules = writeRules
        self.transforms = transforms
        self.visibility = visibility
        self.presence = presence
        self.history = history
        mayHide = visibility.contains { if case .always = $0.condition { false } else { true } }
    }

    /// Whether it never says no and changes nothing.
    package var isEmpty: Bool {
        writeRules.isEmpty && !hasTransforms && !mayHide && presence.isEmpty && history.isEmpty
    }

    package var hasTransforms: Bool { !transforms.isEmpty }
}

/// Which rules concern an address. Follows from the address alone, so a relay asks once, when it first meets the
/// address, and keeps the answer beside it.
package struct AddressRules: Equatable, Sendable {
    /// The first write rule whose path matches.
    package var writeRule: UInt16?
    /// The first visibility rule that matches.
    package var visibilityRule: UInt16?
    package var isRedacted = false
    /// Whether a param here can be somebody's presence; whose, `Policy.isPresence` tells.
    package var mayBePresence = false
    package var keepsHistory = false

    /// Whether everybody with the scope may write and read all of it, for as long as they like.
    package var isFree: Bool { self == AddressRules() }
}

extension Policy {
    package func rules(for address: RawSpan) -> AddressRules {
        AddressRules(
            writeRule: writeRule(for: address), visibilityRule: visibilityRule(for: address),
            isRedacted: transforms.contains { $0.path.matches(address) },
            mayBePresence: presence.contains { $0.matches(address) },
            keepsHistory: history.contains { $0.matches(address) })
    }

    // By index, because an element handed to a closure is a copy with all its references counted.
    func writeRule(for address: RawSpan) -> UInt16? {
        for index in writeRules.indices where writeRules[index].path.matches(address) {
            return UInt16(truncatingIfNeeded: index)
        }
        return nil
    }

    func visibilityRule(for address: RawSpan) -> UInt16? {
        guard mayHide else { return nil }
        for index in visibility.indices where visibility[index].concerns(address) {
            return UInt16(truncatingIfNeeded: index)
        }
        return nil
    }

    /// Whether a param is the presence of whoever writes it: a pattern matches, and where that has captures and the
    /// writer a subject, one capture is the subject. So nobody's connection takes another user's entry along.
    package func isPresence(_ address: RawSpan, subject: Subject?) -> Bool {
        presence.contains { pattern in
            guard pattern.matches(address) else { return false }
            guard let subject, !pattern.captures.isEmpty else { return true }
            return pattern.captures.contains { capture in
                guard let range = address.segmentRange(capture.segment) else { return false }
                return address.bytes(range).isEqual(to: subject.bytes.rawSpan)
            }
        }
    }

    package func keepsHistory(of address: RawSpan) -> Bool {
        history.contains { $0.matches(address) }
    }
}
