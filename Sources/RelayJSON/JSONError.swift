/// Why a text is not JSON, and where: `offset` counts bytes from its beginning.
public struct JSONError: Error, Equatable {
    public let reason: StaticString
    public let offset: Int

    public init(_ reason: StaticString, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public static func == (one: JSONError, other: JSONError) -> Bool {
        one.offset == other.offset && one.reason.description == other.reason.description
    }

    /// The place as an editor shows it: lines and columns count from 1, columns in bytes.
    public func place(in text: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            column += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            }
        }
        return (line, column)
    }
}
