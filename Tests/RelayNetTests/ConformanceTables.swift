/// The ground that RFC 6455 covers, section by section; what the public conformance suites test lies inside of it.
enum ConformanceTables {
    static let hello = letters(5)

    static let framing: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for size in [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 124, 125, 126, 127, 128, 255, 65_534, 65_535, 65_536, 65_547] {
            cases.append(ConformanceCase("text of \(size)", [text(letters(size))], echoes: [.text(letters(size))]))
            cases.append(ConformanceCase("binary of \(size)", [binary(octets(size))], echoes: [.binary(octets(size))]))
        }
        for step in [1, 2, 3, 5, 997] {
            cases.append(
                ConformanceCase(
                    "text of 200 in pieces of \(step)", [text(letters(200))], echoes: [.text(letters(200))], step: step)
            )
            cases.append(
                ConformanceCase(
                    "binary of 200 in pieces of \(step)", [binary(octets(200))], echoes: [.binary(octets(200))],
                    step: step))
        }
        let many = (0..<500).map { octets($0 % 130) }
        cases.append(
            ConformanceCase("500 messages at once", many.map { binary($0) }, echoes: many.map { .binary($0) }))
        cases.append(
            ConformanceCase(
                "500 messages in pieces of 13", many.map { binary($0) }, echoes: many.map { .binary($0) }, step: 13))
        for mask: [UInt8] in [[0, 0, 0, 0], [255, 255, 255, 255], [0, 1, 2, 3]] {
            let frame = TestFrame(opcode: 2, payload: octets(77), mask: mask)
            cases.append(ConformanceCase("mask \(mask)", [frame.bytes], echoes: [.binary(octets(77))]))
        }
        let bare = TestFrame(opcode: 1, payload: hello, isMasked: false)
        cases.append(ConformanceCase("no mask", [bare.bytes], closes: 1002))
        cases.append(
            ConformanceCase("no mask on an empty frame", [[0x81, 0x00]], closes: 1002))
        cases.append(ConformanceCase("no mask on a ping", [[0x89, 0x00]], closes: 1002))
        cases.append(
            ConformanceCase("no mask after a message", [text(hello), bare.bytes], after: [.text(hello)], closes: 1002))
        let lengths: [(String, UInt8, [UInt8], Int)] = [
            ("16-bit length of 125", 126, [0, 125], 1002), ("16-bit length of 0", 126, [0, 0], 1002),
            ("64-bit length of 65535", 127, [0, 0, 0, 0, 0, 0, 255, 255], 1002),
            ("64-bit length of 5", 127, [0, 0, 0, 0, 0, 0, 0, 5], 1002),
            ("64-bit length of 2^63", 127, [128, 0, 0, 0, 0, 0, 0, 0], 1002),
            ("64-bit length of 2^64-1", 127, [255, 255, 255, 255, 255, 255, 255, 255], 1002),
            ("64-bit length of 2^63-1", 127, [127, 255, 255, 255, 255, 255, 255, 255], 1009),
            ("64-bit length of 2^32", 127, [0, 0, 0, 1, 0, 0, 0, 0], 1009),
            ("a byte more than a message may have", 127, [0, 0, 0, 0, 0, 1, 0, 12], 1009),
        ]
        for (name, short, extended, code) in lengths {
            let frame = TestFrame(opcode: 2, length: (short, extended))
            // Judged by the header alone, before any payload.
            cases.append(ConformanceCase(name, [frame.bytes], closes: code))
        }
        return cases
    }()

    static let reserved: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for bits: UInt8 in 1...7 {
            let kinds: [(String, [UInt8])] = [
                ("text", text(hello, reserved: bits)),
                ("binary", TestFrame(opcode: 2, payload: octets(9), reserved: bits).bytes),
                ("ping", TestFrame(opcode: 9, payload: hello, reserved: bits).bytes),
                ("pong", TestFrame(opcode: 10, reserved: bits).bytes),
                ("close", TestFrame(opcode: 8, payload: [3, 232], reserved: bits).bytes),
                ("first fragment", TestFrame(opcode: 1, payload: hello, isLast: false, reserved: bits).bytes),
            ]
            for (name, frame) in kinds {
                cases.append(ConformanceCase("reserved bits \(bits) on a \(name)", [frame], closes: 1002))
            }
            cases.append(
                ConformanceCase(
                    "reserved bits \(bits) after a message, before a ping", [text(hello), kinds[0].1, ping()],
                    after: [.text(hello)], closes: 1002))
            cases.append(
                ConformanceCase(
                    "reserved bits \(bits), byte by byte", [text(hello), kinds[1].1], after: [.text(hello)],
                    closes: 1002,
                    step: 1))
            let second = TestFrame(opcode: 0, payload: hello, reserved: bits).bytes
            cases.append(
                ConformanceCase(
                    "reserved bits \(bits) on a continuation", [text(hello, last: false), second], closes: 1002))
        }
        for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            let empty = TestFrame(opcode: opcode).bytes
            let full = TestFrame(opcode: opcode, payload: hello).bytes
            cases.append(ConformanceCase("opcode \(opcode), empty", [empty], closes: 1002))
            cases.append(ConformanceCase("opcode \(opcode) with payload", [full], closes: 1002))
            cases.append(
                ConformanceCase(
                    "opcode \(opcode) between messages", [text(hello), full, ping(), text(hello)],
                    after: [.text(hello)], closes: 1002))
            cases.append(
                ConformanceCase(
                    "opcode \(opcode) inside a message", [text(hello, last: false), full, more(hello)], closes: 1002))
            cases.append(
                ConformanceCase(
                    "opcode \(opcode), byte by byte", [text(hello), empty], after: [.text(hello)], closes: 1002, step: 1
                ))
        }
        return cases
    }()

    static let control: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for size in [0, 1, 2, 4, 8, 16, 124, 125] {
            cases.append(ConformanceCase("ping of \(size)", [ping(octets(size))], echoes: [.pong(octets(size))]))
            cases.append(
                ConformanceCase(
                    "ping of \(size), byte by byte", [ping(octets(size))], echoes: [.pong(octets(size))], step: 1))
            cases.append(ConformanceCase("unasked pong of \(size)", [pong(octets(size))], echoes: []))
        }
        let ten = (0..<10).map { octets($0 + 3) }
        cases.append(ConformanceCase("ten pings", ten.map { ping($0) }, echoes: ten.map { .pong($0) }))
        cases.append(
            ConformanceCase("ten pings, byte by byte", ten.map { ping($0) }, echoes: ten.map { .pong($0) }, step: 1))
        cases.append(
            ConformanceCase("unasked pong, then ping", [pong(hello), ping(octets(7))], echoes: [.pong(octets(7))]))
        cases.append(
            ConformanceCase(
                "answers keep the order", [text(hello), ping(), text(hello)],
                echoes: [.text(hello), .pong([]), .text(hello)]))
        for (name, opcode) in [("close", UInt8(8)), ("ping", 9), ("pong", 10)] {
            cases.append(
                ConformanceCase(
                    "\(name) of 126", [TestFrame(opcode: opcode, payload: letters(126)).bytes], closes: 1002))
            cases.append(
                ConformanceCase(
                    "\(name) of 70000", [TestFrame(opcode: opcode, length: (127, [0, 0, 0, 0, 0, 1, 17, 112])).bytes],
                    closes: 1002))
            cases.append(
                ConformanceCase(
                    "\(name) in two fragments", [TestFrame(opcode: opcode, isLast: false).bytes, more([])], closes: 1002
                ))
            cases.append(
                ConformanceCase(
                    "fragmented \(name) inside a message",
                    [text(hello, last: false), TestFrame(opcode: opcode, isLast: false).bytes], closes: 1002))
        }
        return cases
    }()

    static let fragments: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for step in [Int.max, 1, 3] {
            let how = step == .max ? "" : ", in pieces of \(step)"
            func add(_ name: String, _ sends: [[UInt8]], _ hears: [Heard]) {
                cases.append(ConformanceCase(name + how, sends, echoes: hears, step: step))
            }
            func refuse(_ name: String, _ sends: [[UInt8]], _ hears: [Heard] = []) {
                cases.append(ConformanceCase(name + how, sends, after: hears, closes: 1002, step: step))
            }
            add("text in two", [text("frag", last: false), more("ment")], [.text(Array("fragment".utf8))])
            add("binary in two", [binary([1, 2], last: false), more([3])], [.binary([1, 2, 3])])
            add(
                "text in six", [text("a", last: false)] + (0..<4).map { _ in more("b", last: false) } + [more("c")],
                [.text(Array("abbbbc".utf8))])
            add("three empty fragments", [text("", last: false), more("", last: false), more("")], [.text([])])
            add(
                "content only in the middle", [text("", last: false), more("mid", last: false), more("")],
                [.text(Array("mid".utf8))])
            add(
                "ping in between", [text("frag", last: false), ping(hello), more("ment")],
                [.pong(hello), .text(Array("fragment".utf8))])
            add(
                "pings everywhere",
                [
                    ping([0]), text("x", last: false), ping([1]), more("y", last: false), ping([2]), pong(), more("z"),
                    ping([3]),
                ], [.pong([0]), .pong([1]), .pong([2]), .text(Array("xyz".utf8)), .pong([3])])
            add(
                "two fragmented messages", [text("a", last: false), more("b"), binary([1], last: false), more([2])],
                [.text([97, 98]), .binary([1, 2])])
            add(
                "fragmented, then whole", [binary([1], last: false), more([2]), text("t")],
                [.binary([1, 2]), .text([116])])
            add(
                "long fragments",
                [binary(octets(300), last: false), more(octets(400), last: false), more(octets(500))],
                [.binary(octets(300) + octets(400) + octets(500))])
            refuse("continuation of nothing", [more("x"), text(hello)])
            refuse("unfinished continuation of nothing", [more("x", last: false), more("y")])
            refuse("continuation after a whole message", [text(hello), more("x")], [.text(hello)])
            refuse(
                "continuation after a fragmented message", [text("a", last: false), more("b"), more("c")],
                [.text([97, 98])])
            refuse("text inside a text", [text("a", last: false), text("b")])
            refuse("unfinished text inside a text", [text("a", last: false), text("b", last: false)])
            refuse("binary inside a text", [text("a", last: false), binary([1])])
            refuse("text inside a binary, after a ping", [binary([1], last: false), ping(), text("b")], [.pong([])])
        }
        cases.append(
            ConformanceCase("close inside a message", [text("a", last: false), closing(), more("b")], closes: 1000))
        cases.append(
            ConformanceCase(
                "a thousand fragments",
                [binary([0], last: false)] + (1..<999).map { more([UInt8(truncatingIfNeeded: $0)], last: false) } + [
                    more([7])
                ],
                echoes: [.binary((0..<999).map { UInt8(truncatingIfNeeded: $0) } + [7])]))
        for size in [64, 256, 1024, 4096] {
            let message = letters(65_536)
            var frames: [[UInt8]] = []
            for start in stride(from: 0, to: message.count, by: size) {
                let part = Array(message[start..<start + size])
                let isLast = start + size == message.count
                frames.append(start == 0 ? text(part, last: isLast) : more(part, last: isLast))
            }
            cases.append(ConformanceCase("64 KiB in fragments of \(size)", frames, echoes: [.text(message)]))
        }
        cases.append(
            ConformanceCase(
                "fragments beyond the limit",
                [binary(octets(65_000), last: false), TestFrame(opcode: 0, length: (126, [2, 36])).bytes], closes: 1009)
        )
        cases.append(
            ConformanceCase(
                "fragments exactly at the limit", [binary(octets(65_000), last: false), more(octets(547))],
                echoes: [.binary(octets(65_000) + octets(547))]))
        return cases
    }()

    static let closes: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            cases.append(ConformanceCase("close \(code)", [closing(code)], closes: code))
            cases.append(ConformanceCase("close \(code), byte by byte", [closing(code, hello)], closes: code, step: 1))
        }
        for code in [0, 1, 100, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 10_000, 65_535] {
            cases.append(ConformanceCase("close \(code)", [closing(code)], closes: 1002))
        }
        cases.append(ConformanceCase("close without a code", [closing([])], closes: nil))
        cases.append(ConformanceCase("close with half a code", [closing([3])], closes: 1002))
        for size in [0, 1, 50, 122, 123] {
            cases.append(
                ConformanceCase("close with a reason of \(size)", [closing(1000, letters(size))], closes: 1000))
        }
        cases.append(ConformanceCase("close with a reason of 124", [closing(1000, letters(124))], closes: 1002))
        let wrong: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], Array("\u{3ba}".utf8) + [0xF4, 0x90, 0x80, 0x80],
        ]
        for reason in wrong {
            cases.append(ConformanceCase("close with the reason \(reason)", [closing(1000, reason)], closes: 1007))
        }
        cases.append(
            ConformanceCase("close with a reason in Greek", [closing(1000, Array("κόσμε".utf8))], closes: 1000))
        let afterwards: [(String, [UInt8])] = [
            ("text", text(hello)), ("ping", ping()), ("another close", closing(1001)), ("nonsense", [255, 255, 255]),
            ("continuation", more(hello)), ("a long binary", binary(octets(65_000))),
        ]
        for (name, frame) in afterwards {
            cases.append(
                ConformanceCase(
                    "\(name) after close", [text(hello), closing(), frame], after: [.text(hello)], closes: 1000))
        }
        cases.append(ConformanceCase("nothing but close", [closing()], closes: 1000))
        return cases
    }()
}
