import Testing

@testable import RelayNet

private struct Decoded: Equatable {
    var outcome: BodyDecoder.Outcome
    var content: String
    var consumed: Int
}

private func decode(_ text: String, _ framing: BodyFraming = .chunked, cutAt cuts: [Int] = [], maxBytes: Int = 20)
    -> Decoded
{
    var limits = HTTPLimits()
    limits.maxChunkLineBytes = 20
    limits.maxHeaderBytes = 40
    limits.maxHeaderFields = 2
    var decoder = BodyDecoder(framing, maxBytes: maxBytes, limits: limits)
    let octets = Array(text.utf8)
    var position = 0
    var outcome = BodyDecoder.Outcome.needMore
    for end in cuts + [octets.count] {
        let (consumed, next) = decoder.decode(octets.octetSpan.extracting(position..<max(position, end)))
        position += consumed
        outcome = next
        if outcome != .needMore { break }
    }
    // What was read before a failure is of no interest.
    if case .failure = outcome { return Decoded(outcome: outcome, content: "", consumed: 0) }
    return Decoded(outcome: outcome, content: String(decoding: decoder.content, as: UTF8.self), consumed: position)
}

private let whole: [(String, String)] = [
    ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("00005\r\nhello\r\n000\r\n\r\n", "hello"),
    ("1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n", "a0123456789"), ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ("5;x=y\r\nhello\r\n0;last\r\n\r\n", "hello"), ("5\r\nhello\r\n0\r\nX: y\r\nZ: \r\n\r\n", "hello"),
    ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
]

private let refused: [(String, Int)] = [
    ("\r\n", 400), ("x\r\n", 400), (" 5\r\nhello\r\n", 400), ("5 \r\nhello\r\n", 400), ("+5\r\nhello\r\n", 400),
    ("-5\r\nhello\r\n", 400), ("0x5\r\nhello\r\n", 400), ("5\nhello\r\n", 400), ("5\r\rhello", 400),
    ("5\r\nhello0\r\n", 400), ("5\r\nhello\n0\r\n", 400), ("5\r\nhello\rx", 400), ("5;x\ny\r\nhello\r\n", 400),
    ("5;x\0\r\nhello\r\n", 400), ("5;\(String(repeating: "x", count: 20))\r\n", 400),
    ("\(String(repeating: "0", count: 21))\r\n", 400), ("fffffffffffffffff\r\n", 413),
    ("7fffffffffffffff\r\n", 413), ("8000000000000000\r\n", 413), ("15\r\n", 413),
    ("14\r\n01234567890123456789\r\n1\r\n", 413), ("0\r\nX : y\r\n\r\n", 400), ("0\r\n folded\r\n\r\n", 400),
    ("0\r\nX: y\n\r\n", 400), ("0\r\n\n", 400), ("0\r\nno colon\r\n\r\n", 400), ("0\r\nX: \0\r\n\r\n", 400),
    ("0\r\na: b\r\na: b\r\na: b\r\n\r\n", 431), ("0\r\nX: \(String(repeating: "y", count: 50))\r\n\r\n", 431),
]

@Suite struct `The content of a request` {
    @Test(arguments: whole)
    func `is taken out of its chunks, and nothing behind it`(text: String, content: String) {
        let decoded = decode(text + "GET /")
        #expect(decoded == Decoded(outcome: .complete, content: content, consumed: text.utf8.count))
    }

    @Test(arguments: refused)
    func `is refused when its chunks are malformed or too large`(text: String, status: Int) {
        #expect(decode(text).outcome == .failure(HTTPStatus(status)))
    }

    @Test(arguments: whole.map(\.0) + refused.map(\.0))
    func `is judged alike wherever it is cut`(text: String) {
        let expected = decode(text)
        let count = text.utf8.count
        for cut in 0...count { #expect(decode(text, cutAt: [cut]) == expected, "cut at \(cut)") }
        #expect(decode(text, cutAt: Array(0...count)) == expected)
    }

    @Test func `is incomplete until its last byte`() {
        for (text, _) in whole {
            for end in 0..<text.utf8.count {
                #expect(decode(String(decoding: Array(text.utf8)[..<end], as: UTF8.self)).outcome == .needMore)
            }
        }
    }

    @Test func `has the length that was announced`() {
        #expect(decode("hello, world", .length(5)) == Decoded(outcome: .complete, content: "hello", consumed: 5))
        #expect(decode("hell", .length(5)).outcome == .needMore)
        #expect(decode("", .length(21)).outcome == .failure(.contentTooLarge))
        #expect(decode("rest", .none) == Decoded(outcome: .complete, content: "", consumed: 0))
    }
}
