/// A strict reader of JSON that the caller pulls: `beginObject`, `nextKey`, `readNumber`, … No tree is built, so a file
/// with a million entries costs one window of memory.
///
/// The text arrives whole or through a source of chunks. Invariant: a token in progress lies completely inside the
/// window, because `fill` drops only what lies before `position`.
public struct JSONReader: ~Copyable {
    /// Appends the next bytes of the text to the window; false at its end.
    public typealias Source = (inout [UInt8]) -> Bool

    public enum Kind: Sendable { case null, bool, number, string, array, object }

    var window: [UInt8]
    var position = 0
    /// Where the window begins within the whole text.
    var windowOffset = 0
    /// The text of the last string or key: in the window, or unescaped in `scratch`.
    var textRange = 0..<0
    var textIsScratch = false
    var scratch: [UInt8] = []

    private let source: Source?
    private var ended: Bool
    private let tokenLimit: Int
    private var depth = 0
    private let depthLimit: Int
    /// True right after a container was opened: no comma is due yet. One flag serves all levels, since closing an
    /// inner container means that the outer one has an element.
    private var isFresh = true

    public init(_ text: [UInt8], depthLimit: Int = JSONValue.defaultDepthLimit) {
        window = text
        source = nil
        ended = true
        tokenLimit = .max
        self.depthLimit = depthLimit
    }

    /// `tokenLimit` bounds the window: no string or number may be longer.
    public init(
        depthLimit: Int = JSONValue.defaultDepthLimit, tokenLimit: Int = 1 << 24, source: @escaping Source
    ) {
        window = []
        self.source = source
        ended = false
        self.tokenLimit = tokenLimit
        self.depthLimit = depthLimit
    }

    /// Bytes read so far.
    public var offset: Int { windowOffset + position }

    func error(_ reason: StaticString, ahead distance: Int = 0) -> JSONError {
        JSONError(reason, at: offset + distance)
    }

    /// Brings more of the text into the window; false when there is no more.
    mutating func fill() throws(JSONError) -> Bool {
        guard !ended, let source else { return false }
        if window.count - position > tokenLimit { throw error("a string or number is too long") }
        window.removeFirst(position)
        windowOffset += position
        position = 0
        let before = window.count
        while window.count == before, !ended {
            if !source(&window) { ended = true }
        }
        return window.count > before
    }

    /// The byte at that distance from `position`, or nil at the end of the text.
    mutating func byte(ahead distance: Int = 0) throws(JSONError) -> UInt8? {
        while position + distance >= window.count {
            guard try fill() else { return nil }
        }
        return window[position + distance]
    }

    mutating func skipSpace() throws(JSONError) {
        while let byte = try byte(), isSpace(byte) { position += 1 }
    }

    @inline(__always)
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    // MARK: Structure

    /// What comes next, without reading it.
    public mutating func peek() throws(JSONError) -> Kind {
        try skipSpace()
        guard let byte = try byte() else { throw error("the text ends where a value is due") }
        switch byte {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw error("a value is due here")
        }
    }

    public mutating func beginArray() throws(JSONError) { try open(UInt8(ascii: "["), "an array is due here") }

    public mutating func beginObject() throws(JSONError) { try open(UInt8(ascii: "{"), "an object is due here") }

    /// True: an element follows, read it. False: the array is over.
    public mutating func nextElement() throws(JSONError) -> Bool { try advance(to: UInt8(ascii: "]")) }

    /// True: a member follows, its key is in `text` (and `string`), its value is to be read. False: the object is over.
    public mutating func nextKey() throws(JSONError) -> Bool {
        guard try advance(to: UInt8(ascii: "}")) else { return false }
        guard try byte() == UInt8(ascii: "\"") else { throw error("a member begins with a string") }
        // Key and colon are one token, so that the window cannot slide between them and take `text` along.
        let key = try scanString()
        var length = key
        while let byte = try byte(ahead: length), isSpace(byte) { length += 1 }
        guard try byte(ahead: length) == UInt8(ascii: ":") else { throw error("a colon is due here", ahead: length) }
        takeText(key)
        position += length + 1
        return true
    }

    /// Says that the text must be over, white space apart.
    public mutating func finish() throws(JSONError) {
        try skipSpace()
        if try byte() != nil { throw error("something follows the end of the text") }
    }

    private mutating func open(_ bracket: UInt8, _ reason: StaticString) throws(JSONError) {
        try skipSpace()
        guard try byte() == bracket else { throw error(reason) }
        guard depth < depthLimit else { throw error("too deeply nested") }
        position += 1
        depth += 1
        isFresh = true
    }

    private mutating func advance(to bracket: UInt8) throws(JSONError) -> Bool {
        try skipSpace()
        guard let byte = try byte() else { throw error("the text ends inside an array or object") }
        if byte == bracket {
            position += 1
            depth -= 1
            isFresh = false
            return false
        }
        if !isFresh {
            guard byte == UInt8(ascii: ",") else { throw error("a comma or the closing bracket is due here") }
            position += 1
            try skipSpace()
        }
        isFresh = false
        return true
    }

    // MARK: Words

    public mutating func readNull() throws(JSONError) {
        try skipSpace()
        try expect("null")
    }

    public mutating func readBool() throws(JSONError) -> Bool {
        try skipSpace()
        if try byte() == UInt8(ascii: "t") {
            try expect("true")
            return true
        }
        try expect("false")
        return false
    }

    private mutating func expect(_ word: String) throws(JSONError) {
        var length = 0
        for expected in word.utf8 {
            guard try byte(ahead: length) == expected else { throw error("an unknown word", ahead: length) }
            length += 1
        }
        position += length
    }
}
