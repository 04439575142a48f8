import RelayJSON
import Testing

/// One text and what must become of it: a tree, or a refusal (nil).
struct JSONCase: Sendable, CustomTestStringConvertible {
    let name: String
    let text: [UInt8]
    let value: JSONValue?

    init(_ name: String, _ text: String, _ value: JSONValue?) {
        self.init(name, Array(text.utf8), value)
    }

    init(_ name: String, _ text: [UInt8], _ value: JSONValue?) {
        self.name = name
        self.text = text
        self.value = value
    }

    var testDescription: String { name }
}

private func quoted(_ bytes: UInt8...) -> [UInt8] { [0x22] + bytes + [0x22] }

let jsonCases: [JSONCase] = [
    // Structure
    .init("null", "null", .some(.null)),
    .init("true", "true", true),
    .init("false", "false", false),
    .init("space around", " \t\r\n true \n", true),
    .init("empty array", "[]", []),
    .init("empty array with space", "[ \n ]", []),
    .init("empty object", "{}", [:]),
    .init("nested", #"{"a":[1,{"b":[]}],"c":null}"#, ["a": [1, ["b": []]], "c": nil]),
    .init("empty text", "", nil),
    .init("only space", "  ", nil),
    .init("two texts", "1 2", nil),
    .init("trailing comma in array", "[1,]", nil),
    .init("trailing comma in object", #"{"a":1,}"#, nil),
    .init("leading comma", "[,1]", nil),
    .init("double comma", "[1,,2]", nil),
    .init("missing comma", "[1 2]", nil),
    .init("missing colon", #"{"a" 1}"#, nil),
    .init("missing value", #"{"a":}"#, nil),
    .init("key without quotes", "{a:1}", nil),
    .init("number as key", "{1:1}", nil),
    .init("single quotes", "['a']", nil),
    .init("open array", "[1", nil),
    .init("open object", #"{"a":1"#, nil),
    .init("wrong bracket after element", "[1}", nil),
    .init("wrong bracket at once", "[}", nil),
    .init("array bracket in object", "{]", nil),
    .init("closing bracket alone", "]", nil),
    .init("comment", "/* a */ 1", nil),
    .init("line comment", "1 // one", nil),
    .init("byte order mark", [0xEF, 0xBB, 0xBF, 0x31], nil),
    .init("form feed is no space", "[\u{0C}1]", nil),
    .init("no-break space is no space", "[\u{A0}1]", nil),
    .init("NUL after the text", "1\u{0}", nil),
    .init("half a word", "tru", nil),
    .init("word too long", "nulll", nil),
    .init("capital word", "True", nil),
    .init("NaN", "NaN", nil),
    .init("Infinity", "Infinity", nil),
    .init("minus Infinity", "-Infinity", nil),
    .init("duplicate keys stay", #"{"a":1,"a":2}"#, .object([JSONMember("a", 1), JSONMember("a", 2)])),
    .init("empty key", #"{"":0}"#, ["": 0]),

    // Numbers
    .init("zero", "0", 0),
    .init("minus zero keeps its sign", "-0", -0.0),
    .init("minus zero with point", "-0.0", -0.0),
    .init("integer stays integer", "1", 1),
    .init("float stays float", "1.0", 1.0),
    .init("exponent makes a float", "1e2", 100.0),
    .init("capital exponent", "1E+2", 100.0),
    .init("negative exponent", "25e-1", 2.5),
    .init("exponent with leading zeros", "1e002", 100.0),
    .init("largest int", "9223372036854775807", .int(.max)),
    .init("smallest int", "-9223372036854775808", .int(.min)),
    .init("above Int64", "9223372036854775808", .unsigned(1 << 63)),
    .init("largest unsigned", "18446744073709551615", .unsigned(.max)),
    .init("above UInt64", "18446744073709551616", 18446744073709551616.0),
    .init("below Int64", "-9223372036854775809", -9223372036854775809.0),
    .init("a tenth", "0.1", 0.1),
    .init("many digits", "3.141592653589793238462643383279", 3.141592653589793),
    .init("largest double", "1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
    .init("smallest denormal", "5e-324", .double(.leastNonzeroMagnitude)),
    .init("half way rounds to even", "9007199254740993.0", 9007199254740992.0),
    .init("underflow is zero", "1e-400", 0.0),
    .init("overflow", "1e400", nil),
    .init("endless exponent", "1e99999999999999999999", nil),
    .init("endless negative exponent", "1e-99999999999999999999", 0.0),
    .init("leading zero", "01", nil),
    .init("minus leading zero", "-01", nil),
    .init("plus", "+1", nil),
    .init("minus alone", "-", nil),
    .init("point without digits", "1.", nil),
    .init("point first", ".5", nil),
    .init("exponent without digits", "1e", nil),
    .init("exponent sign without digits", "1e+", nil),
    .init("point in exponent", "1e1.5", nil),
    .init("two points", "1.2.3", nil),
    .init("hexadecimal", "0x10", nil),
    .init("two signs", "--1", nil),
    .init("underscore", "1_000", nil),
    .init("full-width digit", "１", nil),
    .init("a number of 2,000 digits", String(repeating: "1", count: 2_000), nil),

    // Strings
    .init("all short escapes", #""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    .init("unicode escape", #""\u00e9\u20AC""#, "é€"),
    .init("NUL by escape", #""a\u0000b""#, "a\u{0}b"),
    .init("surrogate pair", #""\ud83d\ude00""#, "😀"),
    .init("raw multibyte", "\"é€😀\"", "é€😀"),
    .init("escape between plain runs", #""ab\ncd\tef""#, "ab\ncd\tef"),
    .init("DEL needs no escape", "\"\u{7F}\"", "\u{7F}"),
    .init("line separator raw", "\"\u{2028}\"", "\u{2028}"),
    .init("noncharacter", #""\uFFFF""#, "\u{FFFF}"),
    .init("lone high surrogate", #""\ud83d""#, nil),
    .init("high surrogate, then text", #""\ud83dx""#, nil),
    .init("high surrogate, then other escape", #""\ud83d\n""#, nil),
    .init("two high surrogates", #""\ud83d\ud83d""#, nil),
    .init("lone low surrogate", #""\ude00""#, nil),
    .init("short unicode escape", #""\u12""#, nil),
    .init("bad hexadecimal", #""\u12G4""#, nil),
    .init("signed hexadecimal", #""\u+123""#, nil),
    .init("capital U", #""\U0041""#, nil),
    .init("unknown escape", #""\x41""#, nil),
    .init("escaped quote only", #""\""#, nil),
    .init("open string", "\"abc", nil),
    .init("raw newline", "\"a\nb\"", nil),
    .init("raw NUL", "\"a\u{0}b\"", nil),
    .init("raw tab", "\"\t\"", nil),
    .init("continuation alone", quoted(0x80), nil),
    .init("overlong slash", quoted(0xC0, 0xAF), nil),
    .init("overlong of three", quoted(0xE0, 0x80, 0xAF), nil),
    .init("overlong of four", quoted(0xF0, 0x80, 0x80, 0xAF), nil),
    .init("surrogate in UTF-8", quoted(0xED, 0xA0, 0x80), nil),
    .init("above U+10FFFF", quoted(0xF4, 0x90, 0x80, 0x80), nil),
    .init("lead F5", quoted(0xF5, 0x80, 0x80, 0x80), nil),
    .init("FE", quoted(0xFE), nil),
    .init("cut sequence", quoted(0xE2, 0x82), nil),
    .init("cut sequence at the end", [0x22, 0xE2, 0x82], nil),
    .init("last code point", quoted(0xF4, 0x8F, 0xBF, 0xBF), "\u{10FFFF}"),

    // Depth
    .init(
        "64 levels", String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
        (0..<63).reduce([]) { tree, _ in .array([tree]) }),
    .init("65 levels", String(repeating: "[", count: 65) + String(repeating: "]", count: 65), nil),
    .init("a million brackets", String(repeating: "[", count: 1_000_000), nil),
    .init("a million objects", String(repeating: #"{"a":"#, count: 200_000), nil),
]

@Test(arguments: jsonCases)
func `each text is read or refused as RFC 8259 says`(example: JSONCase) throws {
    guard let expected = example.value else {
        #expect(throws: JSONError.self) { try JSONValue(parsing: example.text) }
        return
    }
    let value = try JSONValue(parsing: example.text)
    #expect(value == expected)
    #expect(value.encoded() == expected.encoded(), "also where == is lenient: signs of zero, spelling of é")
}

@Test(arguments: jsonCases)
func `a text that comes byte by byte is judged the same`(example: JSONCase) throws {
    for chunk in [1, 2, 3, 7] where example.text.count < 10_000 {
        var reader = JSONReader(source: chunks(of: example.text, size: chunk))
        var value: JSONValue?
        do throws(JSONError) {
            let read = try reader.readValue()
            try reader.finish()
            value = read
        } catch {
            let whole = #expect(throws: JSONError.self) { try JSONValue(parsing: example.text) }
            #expect(error.offset == whole?.offset)
        }
        #expect(value?.encoded() == example.value?.encoded())
    }
}

@Test func `what a skipped value hides is checked too`() {
    for example in jsonCases {
        var reader = JSONReader(example.text)
        do throws(JSONError) {
            try reader.skipValue()
            try reader.finish()
            #expect(example.value != nil, "\(example.name)")
        } catch {
            #expect(example.value == nil, "\(example.name)")
        }
    }
}

func chunks(of text: [UInt8], size: Int) -> JSONReader.Source {
    var start = 0
    return { window in
        guard start < text.count else { return false }
        window.append(contentsOf: text[start..<min(start + size, text.count)])
        start += size
        return true
    }
}
