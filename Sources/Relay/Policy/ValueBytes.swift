package import RelayProtocol

/// A value where it stands, in a message or in the store, for rules that look at one member and at nothing else.
///
/// The bytes were validated when they arrived. Should they be damaged all the same, nothing is found in them.
package struct ValueBytes: ~Escapable {
    package let type: ValueType
    package let data: RawSpan

    @_lifetime(copy data)
    package init(type: ValueType, data: RawSpan) {
        self.type = type
        self.data = data
    }

    @_lifetime(copy payload)
    package init(_ reference: ValueReference, in payload: RawSpan) {
        type = reference.type
        data = payload.bytes(reference.data)
    }

    /// Type code and data. Nil when there is no such type.
    @_lifetime(copy encoded)
    package init?(encoded: RawSpan) {
        guard encoded.byteCount > 0, let type = ValueType(rawValue: encoded.byte(at: 0)) else { return nil }
        self.type = type
        data = encoded.extracting(1..<encoded.byteCount)
    }

    /// What a PUBLISH without a value counts as.
    @_lifetime(immortal)
    package init() {
        type = .null
        data = RawSpan()
    }

    package var isNull: Bool { type == .null }

    /// The text of a map's member. Nil when this is no map, has no such member or holds another type there; of members
    /// with the same key the last one counts, as it does for those who read the value.
    @_lifetime(copy self)
    package func text(of field: RawSpan) -> RawSpan? {
        guard let range = textRange(of: field) else { return nil }
        return data.bytes(range)
    }

    private func textRange(of field: RawSpan) -> ByteRange? {
        guard type == .map else { return nil }
        var found: ByteRange?
        do {
            var reader = ByteReader(data)
            for _ in 0..<(try reader.count(itemsOfAtLeast: 3)) {
                let key = try reader.text()
                let member = try reader.value()
                guard data.bytes(key).isEqual(to: field) else { continue }
                found = nil
                if member.type == .string {
                    var text = ByteReader(data, at: Int(member.data.start))
                    found = try text.text()
                }
            }
        } catch {
            return nil
        }
        return found
    }
}

/// What rules ask about the state. The hub answers from its store, a test from a dictionary.
package protocol StateLookup: ~Copyable {
    /// Calls `body` with what is stored at an address, or with nil when nothing is. A param whose time is over is
    /// nothing; a stored null is something.
    func withValue<Answer>(at address: RawSpan, _ body: (ValueBytes?) -> Answer) -> Answer
}

extension StateLookup where Self: ~Copyable {
    func isPresent(_ address: RawSpan) -> Bool {
        withValue(at: address) { value in
            guard let value else { return false }
            return !value.isNull
        }
    }
}
