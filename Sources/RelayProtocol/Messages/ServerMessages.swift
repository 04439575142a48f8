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

    public mutating func acknowledgement(address: RawSpan?, revision: UInt64?) throws(WireError) {
        try u8(MessageType.ack.rawValue)
        try u8(flag(0x01, if: address != nil) | flag(0x02, if: revision != nil))
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
