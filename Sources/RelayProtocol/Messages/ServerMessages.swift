/// What only a server says, written from its pieces: payloads, type byte included.
extension ByteWriter {
    /// Every feature, whatever the client asked for, and no token.
    public mutating func welcome(time: UInt64, session: RawSpan, name: RawSpan) throws(WireError) {
        try u8(MessageType.welcome.rawValue)
        try u8(1)
        try u8(Features.all.rawValue)
        try u64(time)
        try text(session)
        try text(name)
        try text(RawSpan())
    }

    public mutating func error(_ code: UInt16, text: RawSpan, address: RawSpan?) throws(WireError) {
        try u8(MessageType.error.rawValue)
        try u16(code)
        try self.text(text)
        try u8(flag(0x01, if: address != nil))
        if let address { try self.text(address) }
    }

    /// With its frame around it: the length is known beforehand, and nothing is patched.
    @inline(__always)
    public mutating func acknowledgementFrame(address: RawSpan?, revision: UInt64?) throws(WireError) {
        var (flags, length) = (UInt8(0), 2)
        if let address { (flags, length) = (flags | 0x01, length &+ 2 &+ address.byteCount) }
        if revision != nil { (flags, length) = (flags | 0x02, length &+ 8) }
        guard length <= WireLimits.maxPayloadBytes else { throw .payloadTooLarge }
        try u32(ClaspFrame.head(.fire, length: length))
        try u8(MessageType.ack.rawValue)
        try u8(flags)
        if let address { try text(address) }
        try u64(ifPresent: revision)
    }
}

extension SyncMessage {
    /// The answer: received and sent at the same time.
    public init(answering message: SyncMessage, at time: UInt64) {
        self.init(t1: message.t1, t2: time, t3: time)
    }
}
