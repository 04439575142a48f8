/// How much the sender cares (docs/protocol.md, "What is kept, and when"). Two bits of the frame's flags.
public enum QualityOfService: UInt8, Sendable {
    case fire = 0
    case confirm = 1
    case commit = 2

    /// Three is unassigned and read as fire.
    @inline(__always)
    public init(flags: UInt8) {
        self = QualityOfService(rawValue: flags >> 6) ?? .fire
    }
}

/// The header around each message: magic, flags, length and, rarely, a timestamp that nobody interprets.
///
/// Unlike a `WebSocketFrame`, which carries it. The encoding bits do not choose the decoder; the first byte of the
/// payload does (`MessageDecoder`). The bits for encryption and compression are defined and used by nobody.
public struct ClaspFrame: Equatable, Sendable {
    public static let magic: UInt8 = 0x53
    public static let shortHeaderBytes = 4

    public var flags: UInt8
    public var timestamp: UInt64?
    public var payload: ByteRange

    public var qualityOfService: QualityOfService {
        @inline(__always) get { QualityOfService(flags: flags) }
    }
    public var encoding: UInt8 { flags & 0x07 }

    private static let timestampFlag: UInt8 = 0x20
    private static let binaryEncoding: UInt8 = 0x01

    /// Reads the header. Bytes after the declared length are ignored, as every decoder does.
    @inline(__always)
    public init(reading bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.shortHeaderBytes else { throw .shortHeader }
        guard bytes.byte(at: 0) == Self.magic else { throw .badMagic }
        flags = bytes.byte(at: 1)
        let length = Int(bytes.integer(at: 2, as: UInt16.self))
        var start = Self.shortHeaderBytes
        if flags & Self.timestampFlag != 0 {
            start = WireLimits.maxHeaderBytes
            guard bytes.byteCount >= start else { throw .shortHeader }
            timestamp = bytes.integer(at: Self.shortHeaderBytes)
        }
        guard bytes.byteCount &- start >= length else { throw .shortPayload }
        guard length > 0 else { throw .emptyPayload }
        payload = ByteRange(start, count: length)
    }

    /// The four bytes that every frame begins with, as a number.
    @inline(__always)
    static func head(_ qualityOfService: QualityOfService, flags: UInt8 = 0, length: Int) -> UInt32 {
        let flags = qualityOfService.rawValue << 6 | flags | binaryEncoding
        return UInt32(magic) << 24 | UInt32(flags) << 16 | UInt32(truncatingIfNeeded: length)
    }

    /// Writes a header, lets `body` write the payload, then fills in the length.
    @inline(__always)
    public static func write(
        _ qualityOfService: QualityOfService,
        timestamp: UInt64? = nil,
        into writer: inout ByteWriter,
        body: (inout ByteWriter) throws(WireError) -> Void
    ) throws(WireError) {
        let start = writer.count
        try writer.u32(head(qualityOfService, flags: timestamp == nil ? 0 : timestampFlag, length: 0))
        if let timestamp { try writer.u64(timestamp) }
        let payload = writer.count
        try body(&writer)
        guard let length = UInt16(exactly: writer.count - payload) else { throw .payloadTooLarge }
        writer.patch(length, at: start + 2)
    }
}
