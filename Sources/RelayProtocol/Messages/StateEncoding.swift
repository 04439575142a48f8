extension ByteWriter {
    /// A SET from its pieces, type byte included. `value` points into `payload`; the address may stand elsewhere.
    @inline(__always)
    public mutating func set(
        address: RawSpan, value: ValueReference, in payload: RawSpan,
        revision: UInt64?, timeToLive: TimeToLive?, lock: Bool, unlock: Bool
    ) throws(WireError) {
        guard address.byteCount <= WireLimits.maxPayloadBytes else { throw .textTooLong }
        try set(
            address: ByteRange(0, count: address.byteCount), of: address, value: value, in: payload,
            revision: revision, wireTimeToLive: timeToLive?.wire,
            lockFlags: flag(SetMessage.lockFlag, if: lock) | flag(SetMessage.unlockFlag, if: unlock))
    }

    @inline(__always)
    private mutating func set(
        address: ByteRange, of source: RawSpan, value: ValueReference, in payload: RawSpan, revision: UInt64?,
        wireTimeToLive: UInt32?, lockFlags: UInt8
    ) throws(WireError) {
        let flags =
            value.type.canonical.rawValue | flag(0x80, if: revision != nil) | flag(0x10, if: wireTimeToLive != nil)
            | lockFlags
        try head(MessageType.set.rawValue, flags, address, of: source)
        try valueData(value, in: payload)
        try u64(ifPresent: revision)
        try u32(ifPresent: wireTimeToLive)
    }

    @inline(__always)
    mutating func set(_ message: SetMessage, in payload: RawSpan) throws(WireError) {
        try set(
            address: message.address, of: payload, value: message.value, in: payload, revision: message.revision,
            wireTimeToLive: message.wireTimeToLive, lockFlags: message.lockFlags)
    }

    /// A SET with its frame around it, when the value is canonical. This is what a relay writes most, and its length is
    /// known beforehand: both heads go out together, and nothing is patched.
    @inline(__always)
    mutating func canonicalSetFrame(
        _ message: SetMessage, in payload: RawSpan, _ qualityOfService: QualityOfService
    ) throws(WireError) {
        var flags = message.value.type.rawValue | message.lockFlags
        var length = 4 &+ Int(message.address.count) &+ Int(message.value.data.count)
        if message.revision != nil { (flags, length) = (flags | 0x80, length &+ 8) }
        if message.wireTimeToLive != nil { (flags, length) = (flags | 0x10, length &+ 4) }
        guard length <= WireLimits.maxPayloadBytes else { throw .payloadTooLarge }
        let frameHead = ClaspFrame.head(qualityOfService, length: length)
        let messageHead = UInt32(MessageType.set.rawValue) << 24 | UInt32(flags) << 16 | message.address.count
        try append(
            UInt64(frameHead) << 32 | UInt64(messageHead), message.address, message.value.data, of: payload)
        try u64(ifPresent: message.revision)
        try u32(ifPresent: message.wireTimeToLive)
    }

    /// One item of a SNAPSHOT from its pieces.
    @inline(__always)
    public mutating func snapshotParam(
        address: RawSpan, value: ValueReference, in payload: RawSpan, revision: UInt64, writer: RawSpan?,
        timestamp: UInt64?
    ) throws(WireError) {
        try text(address)
        try self.value(value, in: payload)
        try u64(revision)
        try u8(flag(0x01, if: writer != nil) | flag(0x02, if: timestamp != nil))
        if let writer { try text(writer) }
        try u64(ifPresent: timestamp)
    }

    mutating func snapshotBody(_ params: ItemList, in payload: RawSpan) throws(WireError) {
        try itemCount(params.count)
        var reader = ByteReader(payload, at: Int(params.bytes.start))
        for _ in 0..<params.count {
            let param = try reader.snapshotParam()
            try snapshotParam(
                address: payload.bytes(param.address), value: param.value, in: payload, revision: param.revision,
                writer: payload.bytes(param.writer), timestamp: param.timestamp)
        }
    }

    mutating func bundleBody(_ message: BundleMessage, in payload: RawSpan) throws(WireError) {
        try u8(flag(0x80, if: message.timestamp != nil))
        try itemCount(message.messages.count)
        try u64(ifPresent: message.timestamp)
        var reader = ByteReader(payload, at: Int(message.messages.bytes.start))
        for _ in 0..<message.messages.count {
            let inner = payload.bytes(try reader.bundledPayload())
            try bundled { writer throws(WireError) in
                try MessageEncoder.encode(try MessageDecoder.decode(inner), in: inner, into: &writer)
            }
        }
    }

    /// One item of a BUNDLE: its length, filled in once `body` has written it.
    public mutating func bundled(
        _ body: (inout ByteWriter) throws(WireError) -> Void
    ) throws(WireError) {
        let start = count
        try u16(0)
        try body(&self)
        guard let length = UInt16(exactly: count - start - 2) else { throw .payloadTooLarge }
        patch(length, at: start)
    }

    mutating func replayBody(_ message: ReplayMessage, in payload: RawSpan) throws(WireError) {
        try u8(
            flag(0x80, if: message.from != nil) | flag(0x40, if: message.to != nil)
                | flag(0x20, if: message.limit != nil))
        try text(message.pattern, of: payload)
        try u64(ifPresent: message.from)
        try u64(ifPresent: message.to)
        try u32(ifPresent: message.limit)
        try u8(message.types.mask)
    }
}
