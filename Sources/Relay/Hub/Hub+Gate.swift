import RelayProtocol

/// Whether a session may do what it asks for: the address must be one, the token must allow it, and no rule of the
/// application may object.
extension Hub {
    /// Nil when a write to the address may go ahead. `id` when the address is known.
    @inline(__always)
    func objection(
        to session: SessionIndex, writing value: ValueBytes, at address: RawSpan, _ id: AddressID?
    ) -> Refusal? {
        if id == nil {
            guard Address.isValid(address) else { return .invalidAddress }
            guard !Reserved.contains(address) else { return .reserved }
        }
        guard let access = sessions[Int(session)].access else { return nil }
        return objection(to: access, writing: value, at: address, id)
    }

    @inline(never)
    private func objection(
        to access: Access, writing value: ValueBytes, at address: RawSpan, _ id: AddressID?
    ) -> Refusal? {
        let isAllowed: Bool
        let rule: UInt16?
        if let id {
            let entry = addresses[id]
            isAllowed = access.mayWrite(address, id: id, generation: entry.generation)
            rule = entry.rules.writeRule
        } else {
            isAllowed = access.mayWrite(address)
            rule = policy.writeRule(for: address)
        }
        guard isAllowed else { return .missingScope("writing") }
        guard let rule else { return nil }
        let refusal = policy.refusal(by: rule, writing: address, value: value, subject: access.subject, state: self)
        return refusal.map { .forbidden($0) }
    }

    /// Whether the application shows an address to a session, and the token allows reading it.
    func mayRead(_ session: SessionIndex, _ address: RawSpan, _ id: AddressID) -> Bool {
        guard let access = sessions[Int(session)].access else { return true }
        let entry = addresses[id]
        guard access.mayRead(address, id: id, generation: entry.generation) else { return false }
        return isVisible(address, entry.rules, to: access)
    }

    /// The application's part alone, where a subscription was found to be within the token's scopes.
    @inline(__always)
    func isVisible(_ address: RawSpan, _ rules: AddressRules, to access: Access) -> Bool {
        guard let rule = rules.visibilityRule else { return true }
        return policy.admits(access.subject, to: address, by: rule, state: self)
    }
}
