import RelayTestKit
import Testing

@testable import RelayAuth

@Suite(.serialized) struct `Names and ids` {
    @Test func `an id is 1 to 64 letters, digits, minus or underscore, and nothing else`() {
        let good = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".unicodeScalars)
        let bad = Array("/*?#{}. \u{0}\n\u{7F}éß．＊\u{200D}🦀".unicodeScalars)
        var random = SeededRandom(seed: 21)
        var accepted = 0
        for _ in 0..<100_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...70, using: &random) {
                // One in a hundred is bad, so that about half of all ids are.
                let pool = Int.random(in: 0..<100, using: &random) == 0 ? bad : good
                if let scalar = pool.randomElement(using: &random) { text.append(scalar) }
            }
            let isRight = (1...64).contains(text.count) && text.allSatisfy(good.contains)
            if UserID.isValid(String(text).utf8) != isRight { Issue.record("wrong about \(String(text))") }
            accepted += isRight ? 1 : 0
        }
        #expect((20_000...90_000).contains(accepted))
    }

    @Test func `made ids are of that kind, and no two alike`() {
        let now = UnixTime(microseconds: 1_800_000_000_123_456)
        let ids = Set((0..<10_000).map { _ in Secret.userID(at: now) })
        #expect(ids.count > 9_990)
        #expect(ids.allSatisfy { UserID.isValid($0.utf8) && $0.hasPrefix("u-1800000000123-") })
    }

    @Test func `folding a folded name changes nothing, whatever the letter`() {
        let ideographs: [ClosedRange<Int>] = [0x3400...0x9FFF, 0xAC00...0xD7A3]
        for value in 0x21...0x1FFFF where !ideographs.contains(where: { $0.contains(value) }) {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let once = UserName.fold(UserName.composed(String(scalar)))
            if !UserName.fold(once).utf8.elementsEqual(once.utf8) { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    @Test func `case, composition and order of marks do not make another name`() {
        var random = SeededRandom(seed: 22)
        let letters = Array("aäßſıiİσςøłÅéñжѓǆ한글ᏸẛ̣ﬀ".unicodeScalars)
        for _ in 0..<20_000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                if let scalar = letters.randomElement(using: &random) { scalars.append(scalar) }
                if Bool.random(using: &random) { scalars.append("\u{323}") }
                if Bool.random(using: &random) { scalars.append("\u{308}") }
            }
            let text = String(scalars)
            let name = UserName(text)
            for other in [text.uppercased(), name.display, name.folded, UserName.composed(text).uppercased()] {
                if !UserName(other).folded.utf8.elementsEqual(name.folded.utf8) {
                    Issue.record("\(text) and \(other) differ")
                }
            }
            #expect(UserName(name.display).display.utf8.elementsEqual(name.display.utf8))
        }
    }

    @Test(arguments: [
        ("Straße", "STRASSE"), ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"), ("Å", "A\u{30A}"), ("\u{212B}", "å"), ("\u{1E9E}", "ss"),
        ("Café", "CAFE\u{301}"), ("q\u{307}\u{323}", "Q\u{323}\u{307}"), ("ǅ", "ǆ"),
    ])
    func `known pairs are one name`(one: String, other: String) {
        #expect(UserName(one).folded.utf8.elementsEqual(UserName(other).folded.utf8))
    }

    @Test(arguments: [("bob", "b0b"), ("bob", "bоb"), ("e", "é"), ("ab", "a b"), ("ﬁ1", "f1")])
    func `what looks alike is still two`(one: String, other: String) {
        #expect(!UserName(one).folded.utf8.elementsEqual(UserName(other).folded.utf8))
    }

    @Test func `what is too long for a name is left as it is`() {
        let long = "A" + String(repeating: "\u{301}\u{323}", count: 5_000)
        let name = UserName("  \(long) ")
        #expect(name.display.utf8.elementsEqual(long.utf8) && name.folded.utf8.elementsEqual(long.utf8))
        #expect(!name.isWellFormed)
        #expect(UserName("A" + String(repeating: "\u{301}", count: 500)).folded.utf8.starts(with: "á".utf8))
    }

    @Test func `what only joins makes no other name`() {
        var random = SeededRandom(seed: 23)
        for name in ["admin", "Zoë", "\u{41}\u{30A}", "می‌خواهم", "❤️", "한글"] {
            for _ in 0..<200 {
                var scalars = String.UnicodeScalarView()
                for scalar in name.unicodeScalars {
                    scalars.append(scalar)
                    if Bool.random(using: &random), let joiner = joiners.randomElement(using: &random) {
                        scalars.append(joiner)
                    }
                }
                let other = UserName(String(scalars))
                if !other.folded.utf8.elementsEqual(UserName(name).folded.utf8) { Issue.record("\(name) is two names") }
            }
        }
        #expect(UserName("❤️").display.unicodeScalars.count == 2, "shown as it was typed")
    }

    private let joiners: [Unicode.Scalar] = ["\u{200C}", "\u{200D}", "\u{FE0E}", "\u{FE0F}"]

    @Test func `what cannot be seen is not given away`() {
        for scalar in (0..<0x11_0000).compactMap(Unicode.Scalar.init)
        where scalar.properties.isDefaultIgnorableCodePoint && !joiners.contains(scalar) {
            if UserName("admin\(scalar)").isWellFormed { Issue.record("U+\(String(scalar.value, radix: 16))") }
        }
        for text in joiners.map({ "\($0)\($0)" }) + ["\u{2800}a", "\u{200D} \u{200D}", "a\u{FFF9}b"] {
            #expect(!UserName(text).isWellFormed)
        }
        for text in ["a\u{0}b", "a\u{202E}b", "a\u{200B}b", "a\u{FEFF}b", "a\u{2028}b", "a\u{E000}b", "a\rb"] {
            #expect(!UserName(text).isWellFormed)
        }
        #expect(UserName("می‌خواهم").isWellFormed && UserName("👨‍👩‍👧").isWellFormed)
        #expect(UserName("❤️").isWellFormed && UserName("a b").isWellFormed)
    }
}
