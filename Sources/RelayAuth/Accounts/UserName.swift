@_spi(_Unicode) import Swift

/// The name of a user: as it is shown, and as it is compared.
///
/// Shown in Unicode's composed form (NFC) with its letters' case kept; compared with case folded away, so that `Zoë`,
/// `ZOË` and a decomposed `Zoë` are one name.
package struct UserName: Sendable, Equatable {
    package let display: String
    package let folded: String

    /// In bytes of the composed form, as other CLASP relays count.
    package static let lengths = 2...32

    /// A longer text is nobody's name in whatever form; to put thousands of marks in order is work for nothing.
    private static let maxTypedBytes = 1_024

    package init(_ typed: String) {
        let text = typed.trimmed
        let mayBeName = text.utf8.count <= Self.maxTypedBytes
        display = mayBeName ? Self.composed(text) : text
        folded = mayBeName ? Self.fold(display) : text
    }

    /// Whether an account or a guest may get it. Names that cannot be told from others by eye, or that turn the text
    /// around them, are not given.
    package var isWellFormed: Bool {
        Self.lengths.contains(display.utf8.count) && Self.isPresentable(display)
    }

    static func isPresentable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { joiners.contains($0) || isVisible($0) }
            && text.unicodeScalars.contains { !joiners.contains($0) && !$0.properties.isWhitespace }
    }

    /// Belong to scripts and emoji, and show nothing by themselves: a name is the same with them or without.
    private static let joiners: [Unicode.Scalar] = ["\u{200C}", "\u{200D}", "\u{FE0E}", "\u{FE0F}"]

    /// Not so marks of direction, fillers and the blank of Braille.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: !scalar.properties.isDefaultIgnorableCodePoint && scalar != "\u{2800}"
        }
    }

    /// Without joiners. By way of upper case, which unfolds what lower case leaves alone, such as ß and ſ; and lower case
    /// before that, for what upper case leaves alone, such as ẞ.
    static func fold(_ text: String) -> String {
        composed(withoutJoiners(text).lowercased().uppercased().lowercased())
    }

    private static func withoutJoiners(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !joiners.contains($0) }))
    }

    /// The standard library normalises for its own comparisons and lets others do so by a name with an underscore; a
    /// copy of Unicode's tables would be the alternative.
    static func composed(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text._nfc { scalars.append(scalar) }
        return String(scalars)
    }
}

extension String {
    /// Without white space, as Unicode defines it, at both ends.
    var trimmed: String {
        var rest = unicodeScalars[...]
        while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
