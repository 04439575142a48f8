/// The 512 bytes in front of each file of a tar archive (POSIX ustar), so that any tar can unpack a backup.
struct TarHeader: Equatable {
    var name: String
    var size: Int64
    /// Seconds since 1970.
    var time: Int64

    static let blockBytes = 512

    /// Nil when the name or the size does not fit.
    var bytes: [UInt8]? {
        guard let (prefix, name) = Self.split(name), (0..<1 << 33).contains(size) else { return nil }
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        func put(_ text: [UInt8], at offset: Int) { block.replaceSubrange(offset..<offset + text.count, with: text) }
        put(name, at: 0)
        put(Self.octal(0o600, 7), at: 100)
        put(Self.octal(0, 7), at: 108)
        put(Self.octal(0, 7), at: 116)
        put(Self.octal(size, 11), at: 124)
        put(Self.octal(max(0, time), 11), at: 136)
        block[156] = UInt8(ascii: "0")
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(prefix, at: 345)
        put(Self.octal(Self.checksum(block), 6), at: 148)
        block[155] = UInt8(ascii: " ")
        return block
    }

    init(name: String, size: Int64, time: Int64) {
        self.name = name
        self.size = size
        self.time = time
    }

    /// Nil when the block is no header of a plain file.
    init?(_ block: Span<UInt8>) {
        guard block.count == Self.blockBytes, block[156] == UInt8(ascii: "0"),
            block.extracting(257..<263).equals(Array("ustar\u{0}".utf8)),
            let sum = Self.number(block.extracting(148..<156)), sum == Self.checksum(block.copy(0..<Self.blockBytes)),
            let size = Self.number(block.extracting(124..<136)), let time = Self.number(block.extracting(136..<148))
        else { return nil }
        let name = Self.text(block.extracting(0..<100))
        let prefix = Self.text(block.extracting(345..<500))
        self.init(name: prefix.isEmpty ? name : prefix + "/" + name, size: size, time: time)
    }

    /// Whether a name stays below the directory that it is unpacked in.
    var isBelow: Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    private static func split(_ name: String) -> (prefix: [UInt8], name: [UInt8])? {
        let bytes = Array(name.utf8)
        if bytes.count <= 100 { return ([], bytes) }
        let slashes = bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }
        guard let slash = slashes.first(where: { bytes.count - $0 - 1 <= 100 }), slash <= 155 else { return nil }
        return (Array(bytes[..<slash]), Array(bytes[(slash + 1)...]))
    }

    private static func octal(_ number: Int64, _ width: Int) -> [UInt8] {
        let digits = Array(String(number, radix: 8).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
    }

    private static func number(_ field: Span<UInt8>) -> Int64? {
        Int64(text(field).filter { $0 != " " }, radix: 8)
    }

    private static func text(_ field: Span<UInt8>) -> String {
        let bytes = field.copy(0..<field.count)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The sum of the bytes, those of the sum itself counted as spaces.
    private static func checksum(_ block: [UInt8]) -> Int64 {
        block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int64($1.element)) }
    }
}
