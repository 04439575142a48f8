import RelayProtocol

/// Members that nobody is shown in the maps of one path.
package struct Transform: Sendable {
    package let path: PathPattern
    package let redaction: Redaction
}

/// Members to leave out of a map.
package struct Redaction: Equatable, Sendable {
    package let fields: [[UInt8]]

    /// The map's data, without type code, without these members, the others in their order. Nil when there is nothing
    /// to leave out: the value is no map, or has none of them.
    package func data(of value: ValueBytes) -> [UInt8]? {
        guard value.type == .map else { return nil }
        do {
            return try remainder(of: value.data)
        } catch {
            // What cannot be read cannot be cleared: show an empty map.
            return [0, 0]
        }
    }

    /// The same for type code and data together.
    package func encoded(_ value: [UInt8]) -> [UInt8] {
        guard let bytes = ValueBytes(encoded: value.rawSpan), let data = data(of: bytes) else { return value }
        return [ValueType.map.rawValue] + data
    }

    private func remainder(of data: RawSpan) throws(WireError) -> [UInt8]? {
        var reader = ByteReader(data)
        var kept = 0
        var result: [UInt8] = [0, 0]
        let count = try reader.count(itemsOfAtLeast: 3)
        for _ in 0..<count {
            let start = reader.offset
            let key = try reader.text()
            _ = try reader.value()
            if fields.contains(where: { data.bytes(key).isEqual(to: $0.rawSpan) }) { continue }
            kept += 1
            result.append(contentsOf: data.extracting(start..<reader.offset).array)
        }
        guard kept < count else { return nil }
        result[0] = UInt8(truncatingIfNeeded: kept >> 8)
        result[1] = UInt8(truncatingIfNeeded: kept)
        return result
    }
}

extension Policy {
    /// What is left out of the values at an address, for everybody. All transforms whose path matches act together.
    package func redaction(of address: RawSpan) -> Redaction? {
        var found: Redaction?
        for transform in transforms where transform.path.matches(address) {
            found = found.map { Redaction(fields: $0.fields + transform.redaction.fields) } ?? transform.redaction
        }
        return found
    }
}
