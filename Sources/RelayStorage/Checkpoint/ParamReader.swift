internal import RelayJSON

/// Reads one param of a state file, its members in any order. Keeps its buffers from one to the next.
struct ParamReader {
    /// The reference's file: no marks inside values; revision, writer and timestamp may be missing.
    let isForeign: Bool
    /// What a param without a timestamp gets.
    private let now: Int64

    private var address: [UInt8] = []
    private var value: [UInt8] = []
    private var writer: [UInt8] = []

    init(isForeign: Bool, now: Int64) {
        self.isForeign = isForeign
        self.now = now
    }

    private static let addressKey = Array("address".utf8)
    private static let valueKey = Array("value".utf8)
    private static let revisionKey = Array("revision".utf8)
    private static let writerKey = Array("writer".utf8)
    private static let timestampKey = Array("timestamp".utf8)
    private static let ttlKey = Array("ttl".utf8)
    private static let flagsKey = Array("flags".utf8)

    mutating func read(_ reader: inout JSONReader, into sink: inout some RecoverySink) throws(JSONError) {
        address.removeAll(keepingCapacity: true)
        value.removeAll(keepingCapacity: true)
        writer.removeAll(keepingCapacity: true)
        var hasAddress = false
        var stamp = ParamStamp(revision: 1, timestamp: now)
        try reader.beginObject()
        while try reader.nextKey() {
            if reader.textEquals(Self.addressKey) {
                try reader.readText()
                address.removeAll(keepingCapacity: true)
                address.append(reader.text)
                hasAddress = true
            } else if reader.textEquals(Self.valueKey) {
                value.removeAll(keepingCapacity: true)
                try ValueFromJSON(knowsMarks: !isForeign).read(&reader, into: &value)
            } else if reader.textEquals(Self.revisionKey) {
                stamp.revision = try reader.readUnsigned()
            } else if reader.textEquals(Self.writerKey) {
                try readWriter(&reader)
            } else if reader.textEquals(Self.timestampKey) {
                if try !skipsNull(&reader) { stamp.timestamp = try reader.readInt() }
            } else if !isForeign, reader.textEquals(Self.ttlKey) {
                stamp.lifetime = try readLifetime(&reader)
            } else if !isForeign, reader.textEquals(Self.flagsKey) {
                guard let flags = UInt8(exactly: try reader.readUnsigned()) else {
                    throw JSONError("the flags are out of range", at: reader.offset)
                }
                stamp.flags = flags
            } else {
                try reader.skipValue()
            }
        }
        guard hasAddress, !value.isEmpty else {
            throw JSONError("a param lacks its address or value", at: reader.offset)
        }
        guard address.count <= Int(UInt16.max), writer.count <= Int(UInt16.max) else {
            throw JSONError("an address or writer is too long", at: reader.offset)
        }
        sink.set(address: address.span, value: value.span, writer: writer.span, stamp: stamp)
    }

    private mutating func readWriter(_ reader: inout JSONReader) throws(JSONError) {
        writer.removeAll(keepingCapacity: true)
        if try skipsNull(&reader) { return }
        try reader.readText()
        writer.append(reader.text)
    }

    /// An absent member and null are the same to the reference.
    private func skipsNull(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        guard isForeign, try reader.peek() == .null else { return false }
        try reader.readNull()
        return true
    }

    private func readLifetime(_ reader: inout JSONReader) throws(JSONError) -> ParamLifetime {
        guard try reader.peek() == .object else {
            try reader.readText()
            guard reader.textEquals("never") else { throw JSONError("an unknown ttl", at: reader.offset) }
            return .never
        }
        var sliding: UInt32?
        var absolute: UInt32?
        var since: Int64?
        try reader.beginObject()
        while try reader.nextKey() {
            if reader.textEquals("sliding") {
                sliding = UInt32(exactly: try reader.readUnsigned())
            } else if reader.textEquals("absolute") {
                absolute = UInt32(exactly: try reader.readUnsigned())
            } else if reader.textEquals("since") {
                since = try reader.readInt()
            } else {
                try reader.skipValue()
            }
        }
        if let sliding { return .sliding(sliding) }
        if let absolute, let since { return .absolute(absolute, since: since) }
        throw JSONError("an unknown ttl", at: reader.offset)
    }
}
