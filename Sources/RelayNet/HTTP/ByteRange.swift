/// The one part of a representation that a `Range` field asks for (RFC 9110 §14.2).
enum ByteRange: Equatable {
    /// No range, several, another unit, or not understood: the whole is sent, as §14.2 allows for all of these.
    case whole
    case part(Range<Int>)
    case unsatisfiable

    /// Reads the field for a representation of `size` bytes.
    init(_ field: ArraySlice<UInt8>?, size: Int) {
        self = .whole
        guard let field, let equals = field.firstIndex(of: UInt8(ascii: "=")),
            Octet.equalIgnoringCase(field[..<equals], "bytes")
        else { return }
        let spec = Octet.trimmed(field[(equals + 1)...])
        guard let dash = spec.firstIndex(of: UInt8(ascii: "-")), !spec.contains(UInt8(ascii: ",")) else { return }
        let (firstText, lastText) = (spec[..<dash], spec[(dash + 1)...])
        if firstText.isEmpty {
            // The last so many bytes; all of them if there are fewer.
            guard let count = Self.number(lastText) else { return }
            self = count == 0 || size == 0 ? .unsatisfiable : .part(max(size - count, 0)..<size)
            return
        }
        guard let first = Self.number(firstText) else { return }
        var end = size
        if !lastText.isEmpty {
            guard let last = Self.number(lastText), last >= first else { return }
            end = last < size ? last + 1 : size
        }
        self = first < size ? .part(first..<end) : .unsatisfiable
    }

    /// Digits only; what is too large to hold is larger than any file.
    private static func number(_ octets: ArraySlice<UInt8>) -> Int? {
        guard !octets.isEmpty, octets.allSatisfy(Octet.isDigit) else { return nil }
        return octets.reduce(0) { sum, octet in
            let (tenfold, overflowed) = sum.multipliedReportingOverflow(by: 10)
            let (next, carried) = tenfold.addingReportingOverflow(Int(octet - 0x30))
            return overflowed || carried ? Int.max : next
        }
    }
}
