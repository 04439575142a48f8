import RelayJSON
import RelayTestKit
import Testing

/// A random tree with the values that usually break: extreme numbers, escapes, several planes of Unicode.
private func randomTree(_ random: inout SeededRandom, depth: Int = 0) -> JSONValue {
    switch Int.random(in: 0..<(depth < 5 ? 9 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .int(Int64(truncatingIfNeeded: random.next() >> UInt64.random(in: 0..<64, using: &random)))
    case 3: return .unsigned(UInt64.random(in: (1 << 63)...UInt64.max, using: &random))
    case 4:
        let value = Double(bitPattern: random.next())
        return .double(value.isFinite ? value : -0.0)
    case 5: return .double(Double(Int32(truncatingIfNeeded: random.next())))
    case 6: return .string(randomText(&random))
    case 7:
        return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in randomTree(&random, depth: depth + 1) })
    default:
        return .object(
            (0..<Int.random(in: 0...5, using: &random)).map { _ in
                JSONMember(randomText(&random), randomTree(&random, depth: depth + 1))
            })
    }
}

private func randomText(_ random: inout SeededRandom) -> String {
    let planes: [ClosedRange<UInt32>] = [
        0x00...0x1F, 0x20...0x7E, 0x20...0x7E, 0x22...0x22, 0x5C...0x5C, 0x80...0x7FF, 0xE000...0xFFFF,
        0x10000...0x10FFFF,
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
        let plane = planes[Int.random(in: planes.indices, using: &random)]
        if let scalar = Unicode.Scalar(UInt32.random(in: plane, using: &random)) { text.append(scalar) }
    }
    return String(text)
}

@Test(arguments: UInt64(1)...200)
func `a random tree survives writing and reading, whole and in pieces`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let tree = randomTree(&random)
    let text = tree.encoded()
    let read = try JSONValue(parsing: text)
    #expect(read == tree)
    #expect(read.encoded() == text)

    var reader = JSONReader(source: chunks(of: text, size: Int.random(in: 1...9, using: &random)))
    #expect(try reader.readValue().encoded() == text)
}

@Test func `damaged texts are read or refused, never worse`() {
    var random = SeededRandom(seed: 4_711)
    for _ in 0..<300 {
        let text = randomTree(&random).encoded()
        for _ in 0..<20 where !text.isEmpty {
            var damaged = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: damaged.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: damaged = Array(damaged[..<max(index, 1)])
                default: damaged.insert(UInt8.random(in: 0...255, using: &random), at: index)
                }
            }
            guard let read = try? JSONValue(parsing: damaged) else { continue }
            // What was accepted must be a value that holds: writing and reading it changes nothing.
            #expect((try? JSONValue(parsing: read.encoded()))?.encoded() == read.encoded())
        }
    }
}

@Test(arguments: [
    (0.0, "0", "0.0"), (-0.0, "-0.0", "-0.0"), (1.0, "1", "1.0"), (-7.0, "-7", "-7.0"), (0.5, "0.5", "0.5"),
    (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"), (1e15, "1000000000000000", "1000000000000000.0"),
    (0x1p53, "9007199254740992.0", "9007199254740992.0"), (1e300, "1e+300", "1e+300"),
    (.leastNonzeroMagnitude, "5e-324", "5e-324"),
    (.nan, "null", "null"), (.infinity, "null", "null"),
])
func `doubles are written as the shortest text that reads back`(value: Double, plain: String, marked: String) {
    var writer = JSONWriter()
    writer.double(value)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == plain)
    writer.removeAll()
    writer.double(value, marked: true)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == marked)
}

@Test func `the writer puts the commas`() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("a")
    writer.beginArray()
    writer.int(1)
    writer.string("x")
    writer.beginObject()
    writer.endObject()
    writer.null()
    writer.endArray()
    writer.key("b\n")
    writer.bool(true)
    writer.endObject()
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":[1,"x",{},null],"b\n":true}"#)
}

@Test func `the smallest integer is written whole`() {
    #expect(String(decoding: JSONValue.int(.min).encoded(), as: UTF8.self) == "-9223372036854775808")
    #expect(String(decoding: JSONValue.unsigned(.max).encoded(), as: UTF8.self) == "18446744073709551615")
}

@Test func `a lookup takes the last of equal keys, and knows an é by its bytes`() throws {
    let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3,"\u00e9":4}"#)
    #expect(value["a"] == 3)
    #expect(value["\u{E9}"] == 4)
    #expect(value["e\u{301}"] == nil)
    #expect(value["z"] == nil)
    #expect(JSONValue.int(1)["a"] == nil)
    #expect(value.object?.count == 4)
}

@Test func `an error names line and column`() {
    let text = Array("{\n  \"a\": 1,\n  \"b\": x\n}".utf8)
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.place(in: text).line == 3)
    #expect(error?.place(in: text).column == 8)
}

@Test func `a reader is pulled through a file member by member`() throws {
    let text = #"{"params":[{"address":"/a","skip":{"x":[1,2]},"revision":7},{"address":"\u002fb"}],"v":2}"#
    for size in 1...20 {
        var reader = JSONReader(source: chunks(of: Array(text.utf8), size: size))
        var addresses: [String] = []
        try reader.beginObject()
        while try reader.nextKey() {
            guard reader.textEquals("params") else {
                try reader.skipValue()
                continue
            }
            try reader.beginArray()
            while try reader.nextElement() {
                try reader.beginObject()
                while try reader.nextKey() {
                    if reader.textEquals("address") {
                        try reader.readText()
                        addresses.append(reader.string)
                    } else {
                        try reader.skipValue()
                    }
                }
            }
        }
        try reader.finish()
        #expect(addresses == ["/a", "/b"])
    }
}

@Test func `a token longer than the window may grow is refused`() {
    var reader = JSONReader(tokenLimit: 100) { window in
        window.append(contentsOf: repeatElement(UInt8(ascii: "\""), count: window.isEmpty ? 1 : 0))
        window.append(contentsOf: repeatElement(UInt8(ascii: "a"), count: 50))
        return true
    }
    #expect(throws: JSONError.self) { try reader.readText() }
}
