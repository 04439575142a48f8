/// What HTTP/1.1 calls its bytes, and the character classes of RFC 9110 §5.6 and RFC 9112.
///
/// The accesses below are bounds-checked by `RawSpan` itself: an offset outside the span stops the program instead of
/// reading beyond it. They are the only raw accesses of the HTTP parsers.
extension RawSpan {
    @inline(__always)
    func octet(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// A copy of the bytes in `range`, which must lie inside the span.
    func octets(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBytes { buffer in unsafe [UInt8](buffer) }
    }
}

extension [UInt8] {
    /// The array's bytes as the parsers want them. An octet has no padding, so reading it raw is safe.
    var octetSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}

enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// `tchar` of RFC 9110 §5.6.2: letters, digits and ``!#$%&'*+-.^_`|~``, as one bit for each of the 128 ASCII codes.
    private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
    private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

    @inline(__always)
    static func isToken(_ octet: UInt8) -> Bool {
        guard octet < 0x80 else { return false }
        let half = octet < 64 ? tokenLow : tokenHigh
        return (half >> UInt64(octet & 63)) & 1 == 1
    }

    /// `field-vchar`, space or tab: everything but the control characters and DEL (RFC 9110 §5.5).
    @inline(__always)
    static func isFieldContent(_ octet: UInt8) -> Bool {
        octet >= 0x20 ? octet != 0x7F : octet == tab
    }

    /// What may stand in a request target: visible ASCII. A fragment is never sent (RFC 9112 §3.2).
    @inline(__always)
    static func isTarget(_ octet: UInt8) -> Bool {
        octet > 0x20 && octet < 0x7F && octet != UInt8(ascii: "#")
    }

    /// `uri-host [":" port]` (RFC 3986 §3.2.2), without user information.
    static func isAuthority(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"),
            UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default:
            false
        }
    }

    @inline(__always)
    static func isWhitespace(_ octet: UInt8) -> Bool { octet == space || octet == tab }

    @inline(__always)
    static func isDigit(_ octet: UInt8) -> Bool { octet >= 0x30 && octet <= 0x39 }

    @inline(__always)
    static func lowercased(_ octet: UInt8) -> UInt8 {
        octet >= UInt8(ascii: "A") && octet <= UInt8(ascii: "Z") ? octet | 0x20 : octet
    }

    static func hexValue(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// ASCII-case-insensitive equality; bytes above 0x7F compare as they are.
    static func equalIgnoringCase(_ octets: some Sequence<UInt8>, _ text: String) -> Bool {
        var other = text.utf8.makeIterator()
        for octet in octets {
            guard let expected = other.next(), lowercased(octet) == lowercased(expected) else { return false }
        }
        return other.next() == nil
    }

    /// `octets` without the spaces and tabs at both ends.
    static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var octets = octets
        while let first = octets.first, isWhitespace(first) { octets.removeFirst() }
        while let last = octets.last, isWhitespace(last) { octets.removeLast() }
        return octets
    }
}
