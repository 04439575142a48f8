extension JSONValue {
    public static let defaultDepthLimit = 64

    /// Reads one JSON text (RFC 8259), strictly and to its last byte. How long a text may be is the caller's affair.
    public init(parsing text: [UInt8], depthLimit: Int = defaultDepthLimit) throws(JSONError) {
        var reader = JSONReader(text, depthLimit: depthLimit)
        self = try reader.readValue()
        try reader.finish()
    }

    public init(parsing text: String, depthLimit: Int = defaultDepthLimit) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), depthLimit: depthLimit)
    }
}

extension JSONReader {
    /// The next value as a tree. Recursion ends at the reader's depth limit.
    public mutating func readValue() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .null:
            try readNull()
            return .null
        case .bool:
            return .bool(try readBool())
        case .number:
            switch try readNumber() {
            case .int(let value): return .int(value)
            case .unsigned(let value): return .unsigned(value)
            case .double(let value): return .double(value)
            }
        case .string:
            try readText()
            return .string(string)
        case .array:
            var items: [JSONValue] = []
            try beginArray()
            while try nextElement() { items.append(try readValue()) }
            return .array(items)
        case .object:
            var members: [JSONMember] = []
            try beginObject()
            while try nextKey() {
                let key = string
                members.append(JSONMember(key, try readValue()))
            }
            return .object(members)
        }
    }

    /// Reads over the next value, checking it as strictly as if it were wanted.
    public mutating func skipValue() throws(JSONError) {
        switch try peek() {
        case .null: try readNull()
        case .bool: _ = try readBool()
        case .number: _ = try readNumber()
        case .string: try readText()
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .object:
            try beginObject()
            while try nextKey() { try skipValue() }
        }
    }
}
