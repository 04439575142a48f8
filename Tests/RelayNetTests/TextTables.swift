/// UTF-8 as RFC 3629 has it, in whole messages, in fragments and as far as it is already wrong.
enum TextTables {
    static let valid: [[UInt8]] = [
        Array("Hello-µ@ßöäüàá-UTF-8!!".utf8), Array("κόσμε".utf8), Array("日本語テキスト".utf8), Array("𝄞🎹👩‍👩‍👧".utf8),
        [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xEF, 0xBF, 0xBF], [0xED, 0x9F, 0xBF],
        [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xEF, 0xBF, 0xBE],
        [0xF0, 0x9F, 0xBF, 0xBE], [0xF0, 0x9F, 0xBF, 0xBF], [0xF3, 0xAF, 0xBF, 0xBF], [0xEF, 0xB7, 0x90],
        [0xE2, 0x80, 0x8B], [0xEF, 0xBB, 0xBF, 0x61], Array(repeating: 0x61, count: 63) + [0xC3, 0xA9],
        Array(repeating: 0xE2, count: 0) + Array("€€€€€€€€€€€€".utf8), Array("7 bytes €".utf8) + Array("äöü".utf8),
    ]

    /// Wrong at the last byte given: a server that fails fast closes on seeing it.
    static let wrong: [[UInt8]] = [
        [0x80], [0xBF], [0x61, 0x80], [0xC0], [0xC1], [0xF5], [0xF8], [0xFC], [0xFE], [0xFF], [0xC2, 0x41],
        [0xC2, 0xC2],
        [0xDF, 0x7F], [0xE0, 0x80], [0xE0, 0x9F], [0xE1, 0x41], [0xE1, 0x80, 0x41], [0xE1, 0x80, 0xC0], [0xED, 0xA0],
        [0xED, 0xAD], [0xED, 0xBF], [0xEF, 0xBF, 0x41], [0xF0, 0x80], [0xF0, 0x8F], [0xF1, 0x41], [0xF1, 0x80, 0x41],
        [0xF1, 0x80, 0x80, 0x41], [0xF4, 0x90], [0xF4, 0xBF], [0xF4, 0x8F, 0xBF, 0xC0],
        Array("κόσμε".utf8) + [0xED, 0xA0], Array("κόσμε".utf8) + [0xF4, 0x90],
        Array(repeating: 0x61, count: 40) + [0xFF],
        Array(repeating: 0x61, count: 7) + [0xC2, 0x20], Array("Hello-µ@ßöäü".utf8) + [0xC0],
    ]

    /// Right as far as they go, wrong when the message ends there.
    static let unfinished: [[UInt8]] = [
        [0xC2], [0xE0], [0xE1, 0x80], [0xED, 0x9F], [0xF0], [0xF0, 0x90], [0xF4, 0x8F, 0xBF],
        Array("κόσμ".utf8) + [0xCE],
    ]

    static let cases: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for bytes in valid {
            cases.append(ConformanceCase("text \(bytes)", [text(bytes)], echoes: [.text(bytes)]))
            let single = bytes.enumerated().map { index, byte in
                index == 0 ? text([byte], last: bytes.count == 1) : more([byte], last: index == bytes.count - 1)
            }
            cases.append(ConformanceCase("text \(bytes) in fragments of 1", single, echoes: [.text(bytes)]))
            cases.append(ConformanceCase("text \(bytes), byte by byte", [text(bytes)], echoes: [.text(bytes)], step: 1))
        }
        for bytes in wrong {
            cases.append(ConformanceCase("text \(bytes)", [text(bytes)], closes: 1007))
            cases.append(
                ConformanceCase(
                    "text that begins with \(bytes) and never ends", [text(bytes, last: false)], closes: 1007))
            // One frame that announces much more: the bytes at hand must do.
            let long = text(bytes + letters(200))
            cases.append(
                ConformanceCase("text cut off after \(bytes)", [Array(long.prefix(long.count - 200))], closes: 1007))
            cases.append(
                ConformanceCase(
                    "text \(bytes) byte by byte after a message", [text("ok"), text(bytes)],
                    after: [.text([111, 107])], closes: 1007, step: 1))
            cases.append(ConformanceCase("binary \(bytes)", [binary(bytes)], echoes: [.binary(bytes)]))
        }
        for bytes in unfinished {
            cases.append(ConformanceCase("text \(bytes)", [text(bytes)], closes: 1007))
            cases.append(ConformanceCase("text \(bytes) in two", [text(bytes, last: false), more([])], closes: 1007))
        }
        return cases
    }()
}
