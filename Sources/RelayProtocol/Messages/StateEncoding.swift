extension ByteWriter {
    /// A SET from its pieces, type byte included. `value` points into `payload`; the address may stand elsewhere.
    @inline(__always)
    package mutating func set(
        address: RawSpan, value: ValueReference, in payload: RawSpan,
        revision: UInt64?, timeToLive: TimeToLive?, lock: Bool, unlock: Bool
    ) throws(WireError) {
        try u8(MessageType.set.rawValue)
        try u8(
            value.type.canonical.rawValue | flag(0x80, if: revision != nil) | flag(0x40, if: lock)
                | flag(0x20, if: unlock) | flag(0x10, if: timeToLive != nil))
        try text(address)
        try valueData(value, in: payload)
        try u64(ifPresent: revision)
        try u32(ifPresent: timeToLive?.wire)
    }

    /// One item of a SNAPSHOT from its pieces.
    @inline(__always)
    package mutating func snapshotParam(
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
    package mutating func bundled(
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
        try text(payload.bytes(message.pattern))
        try u64(ifPresent: message.from)
        try u64(ifPresent: message.to)
        try u32(ifPresent: message.limit)
        try u8(message.types.mask)
    }
}
