import RelayProtocol
import RelayTestKit
import Testing

/// The validator against the standard library's, wherever a text may begin and however long it may be.
@Suite struct `UTF-8` {
    private func check(_ text: [UInt8], at alignment: Int, _ what: @autoclosure () -> String) throws {
        // What surrounds the text must not matter, so it is made of bytes that would spoil it.
        let bytes = [UInt8](repeating: 0xBF, count: alignment) + text + [0xBF, 0xBF, 0xBF]
        let range = ByteRange(alignment, count: text.count)
        let expected = String(validating: text, as: UTF8.self) != nil
        try #require(bytes.rawSpan.isUTF8(range) == expected, "\(what()): \(text) at \(alignment)")
    }

    @Test(arguments: (1...4).map { UInt64($0) &* 0xA076_1D64_78BD_642F })
    func `agrees on random bytes`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scalars: [Unicode.Scalar] = [
            "a", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}",
            "\u{10FFFF}",
        ]
        for length in 0..<40 {
            for alignment in 0..<8 {
                // Valid text up to that length, then the same with one byte damaged, then noise.
                var text: [UInt8] = []
                while true {
                    let scalar = scalars[Int.random(in: 0..<scalars.count, using: &random)]
                    guard text.count + UTF8.width(scalar) <= length else { break }
                    text += Array(UTF8.encode(scalar) ?? .init())
                }
                try check(text, at: alignment, "seed \(seed)")
                if !text.isEmpty {
                    text[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                    try check(text, at: alignment, "seed \(seed)")
                }
                try check(
                    (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, at: alignment, "seed \(seed)")
                try check(
                    (0..<length).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }, at: alignment,
                    "seed \(seed)")
            }
        }
    }

    @Test func `agrees on one bad byte anywhere in a plain text`() throws {
        for length in 1...33 {
            for index in 0..<length {
                for bad: UInt8 in [0x80, 0xC0, 0xC3, 0xED, 0xF5, 0xFF] {
                    var text = [UInt8](repeating: 0x61, count: length)
                    text[index] = bad
                    try check(text, at: 0, "length \(length)")
                }
            }
        }
    }

    @Test func `agrees on all pairs of leading bytes`() throws {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for rest: [UInt8] in [[], [0x80], [0xBF, 0x80], [0x41, 0x41]] {
                    let text = [first, second] + rest
                    if String(validating: text, as: UTF8.self) != nil {
                        try check(text, at: 1, "pair")
                    } else if text.rawSpan.isUTF8(ByteRange(0, count: text.count)) {
                        Issue.record("\(text) is not UTF-8")
                    }
                }
            }
        }
    }
}
