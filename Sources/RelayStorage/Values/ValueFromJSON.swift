internal import RelayJSON

/// Reads the JSON of a value back into its canonical encoding, which is appended to a buffer.
struct ValueFromJSON {
    /// The reference knows no marks: in its files every object is a map.
    let knowsMarks: Bool

    /// CLASP frames hold no more, so a larger value could never be sent to anybody.
    static let maxBytes = 65_535

    func read(_ reader: inout JSONReader, into output: inout [UInt8]) throws(JSONError) {
        try read(&reader, into: &output, start: output.count, depth: 0)
    }

    private func read(
        _ reader: inout JSONReader, into output: inout [UInt8], start: Int, depth: Int
    ) throws(JSONError) {
        let kind = try reader.peek()
        guard output.count - start <= Self.maxBytes else {
            throw JSONError("the value is too large", at: reader.offset)
        }
        switch kind {
        case .null:
            try reader.readNull()
            output.append(ValueType.null)
        case .bool:
            output.append(ValueType.bool)
            output.append(try reader.readBool() ? 1 : 0)
        case .number:
            append(try reader.readNumber(), to: &output)
        case .string:
            try reader.readText()
            output.append(ValueType.string)
            try appendText(reader, to: &output)
        case .array:
            try readArray(&reader, into: &output, start: start, depth: depth)
        case .object:
            try readObject(&reader, into: &output, start: start, depth: depth)
        }
    }

    private func append(_ number: JSONNumber, to output: inout [UInt8]) {
        switch number {
        case .int(let value):
            output.append(ValueType.int)
            output.appendBigEndian(UInt64(bitPattern: value))
        case .unsigned(let value):
            // CLASP has no such integer; only a foreign file can hold one.
            append(.double(Double(value)), to: &output)
        case .double(let value):
            output.append(ValueType.float)
            output.appendBigEndian(value.bitPattern)
        }
    }

    private func appendText(_ reader: borrowing JSONReader, to output: inout [UInt8]) throws(JSONError) {
        let text = reader.text
        guard let count = UInt16(exactly: text.count) else {
            throw JSONError("a text of the value is too long", at: reader.offset)
        }
        output.appendBigEndian(count)
        output.append(text)
    }

    private func readArray(
        _ reader: inout JSONReader, into output: inout [UInt8], start: Int, depth: Int
    ) throws(JSONError) {
        try reader.beginArray()
        output.append(ValueType.array)
        let place = output.count
        output.appendBigEndian(UInt16(0))
        var count = 0
        while try reader.nextElement() {
            try read(&reader, into: &output, start: start, depth: depth + 1)
            count += 1
        }
        try put(count, at: place, depth: depth, in: &output, reader)
    }

    private func readObject(
        _ reader: inout JSONReader, into output: inout [UInt8], start: Int, depth: Int
    ) throws(JSONError) {
        try reader.beginObject()
        var hasMember = try reader.nextKey()
        var isWrapped = false
        if knowsMarks, hasMember, reader.text.isValueMark {
            if reader.text.equals(ValueMark.bytes) { return try readBytes(&reader, into: &output) }
            if reader.text.equals(ValueMark.float) { return try readFloat(&reader, into: &output) }
            isWrapped = true
            try reader.beginObject()
            hasMember = try reader.nextKey()
        }
        output.append(ValueType.map)
        let place = output.count
        output.appendBigEndian(UInt16(0))
        var count = 0
        while hasMember {
            try appendText(reader, to: &output)
            try read(&reader, into: &output, start: start, depth: depth + 1)
            count += 1
            hasMember = try reader.nextKey()
        }
        if isWrapped { try endMark(&reader) }
        try put(count, at: place, depth: depth, in: &output, reader)
    }

    private func put(
        _ count: Int, at place: Int, depth: Int, in output: inout [UInt8], _ reader: borrowing JSONReader
    ) throws(JSONError) {
        guard let count = UInt16(exactly: count), depth <= ValueType.depthLimit else {
            throw JSONError("the value is too large", at: reader.offset)
        }
        output.putBigEndian(count, at: place)
    }

    private func endMark(_ reader: inout JSONReader) throws(JSONError) {
        if try reader.nextKey() { throw JSONError("a marked value has one member only", at: reader.offset) }
    }

    private func readBytes(_ reader: inout JSONReader, into output: inout [UInt8]) throws(JSONError) {
        try reader.readText()
        guard let bytes = Base64.decoded(reader.text), let count = UInt16(exactly: bytes.count) else {
            throw JSONError("the bytes of a value are not base64", at: reader.offset)
        }
        output.append(ValueType.bytes)
        output.appendBigEndian(count)
        output.append(contentsOf: bytes)
        try endMark(&reader)
    }

    private func readFloat(_ reader: inout JSONReader, into output: inout [UInt8]) throws(JSONError) {
        try reader.readText()
        guard reader.text.count == 16, let bits = UInt64(reader.string, radix: 16) else {
            throw JSONError("the bits of a float are not sixteen hexadecimal digits", at: reader.offset)
        }
        output.append(ValueType.float)
        output.appendBigEndian(bits)
        try endMark(&reader)
    }
}
