package import RelayProtocol

/// Which cached audiences a param has a part in.
///
/// A visibility rule that looks up a param makes the audience of other addresses depend on it. Instead of keeping a
/// list of those per param, the rule is read backwards: from the address that changed follow the captures, and from
/// them a pattern of the addresses that were judged by it.
extension Policy {
    /// The addresses whose audience may change when the param at `address` turns from null or missing to something, or
    /// back. Empty for nearly all. May name too many, never too few.
    package func dependents(on address: RawSpan) -> [Pattern] {
        guard mayHide else { return [] }
        return visibility.compactMap { rule in
            guard case .stateNotNull(let lookup) = rule.condition, let bindings = lookup.bindings(naming: address)
            else { return nil }
            guard case .path(let path) = rule.extent else { return Self.allAddresses }
            // A pattern that is none, too long for instance, must not hide a dependency.
            return Pattern(path.text(binding: bindings, in: address)) ?? Self.allAddresses
        }
    }

    private static let allAddresses = Pattern("/**")
}

extension Template {
    /// Which segment of `address` each capture was, if this template can have been filled in to give that address.
    fileprivate func bindings(naming address: RawSpan) -> [Int: ByteRange]? {
        let ranges = address.segmentRanges
        guard ranges.count == segments.count else { return nil }
        var bindings: [Int: ByteRange] = [:]
        for (segment, range) in zip(segments, ranges) {
            switch segment {
            case .literal(let bytes):
                guard address.bytes(range).isEqual(to: bytes.rawSpan) else { return nil }
            case .capture(let number): bindings[number] = range
            case .open: continue
            }
        }
        return bindings
    }
}

extension PathPattern {
    /// As a pattern of the subscription syntax, with captures that are known written out.
    fileprivate func text(binding bindings: [Int: ByteRange], in address: RawSpan) -> String {
        let bytes = bytes
        var texts: [String] = []
        for (number, segment) in segments.enumerated() {
            switch segment {
            case .literal(let range): texts.append(bytes.rawSpan.bytes(range).text)
            case .one: texts.append(bindings[number].map { address.bytes($0).text } ?? "*")
            case .rest: texts.append("**")
            }
        }
        return texts.joined(separator: "/")
    }
}
