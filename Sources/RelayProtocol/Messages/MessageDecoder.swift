/// Turns a binary payload into a `Message`, once and completely: what it returns has been validated to the last byte
/// that the message needs. Bytes left over are ignored, as every decoder of the protocol does.
public enum MessageDecoder {
    /// Whether a payload is a legacy MessagePack map. The first byte decides, not the frame's encoding bits.
    @inline(__always)
    public static func isLegacy(_ payload: RawSpan) -> Bool {
        guard payload.byteCount > 0 else { return false }
        let first = payload.byte(at: 0)
        return first & 0xF0 == 0x80 || first == 0xDE || first == 0xDF
    }

    /// Decodes a binary payload. A legacy one goes through `LegacyTranscoder` first.
    @inline(__always)
    public static func decode(_ payload: RawSpan) throws(WireError) -> Message {
        var reader = ByteReader(payload)
        return try reader.message(bundleDepth: 0)
    }

    /// Decodes a binary payload if it is a SET.
    @inline(__always)
    public static func set(_ payload: RawSpan) throws(WireError) -> SetMessage? {
        var reader = ByteReader(payload)
        guard try reader.u8() == MessageType.set.rawValue else { return nil }
        return try reader.setMessage()
    }

    /// Decodes what was rewritten from a form in which a PUBLISH can leave its signal out.
    static func decode(_ payload: RawSpan, isSignalStated: Bool) throws(WireError) -> Message {
        let message = try decode(payload)
        guard !isSignalStated, case .publish(var publish) = message else { return message }
        publish.isSignalStated = false
        return .publish(publish)
    }
}

extension ByteReader {
    /// A message from its type code on.
    @inline(__always)
    mutating func message(bundleDepth: Int) throws(WireError) -> Message {
        let code = try u8()
        // The two that make up nearly all traffic stand first and are inlined; the rest share one call.
        if code == MessageType.set.rawValue { return .set(try setMessage()) }
        if code == MessageType.publish.rawValue { return .publish(try publishMessage()) }
        return try otherMessage(code, bundleDepth: bundleDepth)
    }

    @inline(never)
    private mutating func otherMessage(_ code: UInt8, bundleDepth: Int) throws(WireError) -> Message {
        guard let type = MessageType(rawValue: code) else { throw .unknownMessageType }
        switch type {
        case .set: return .set(try setMessage())
        case .publish: return .publish(try publishMessage())
        case .get: return .get(address: try text())
        case .subscribe: return .subscribe(try subscribeMessage())
        case .unsubscribe: return .unsubscribe(id: try u32())
        case .snapshot: return .snapshot(params: try snapshotParams())
        case .bundle: return .bundle(try bundleMessage(depth: bundleDepth + 1))
        case .replay: return .replay(try replayMessage())
        case .hello: return .hello(try helloMessage())
        case .welcome: return .welcome(try welcomeMessage())
        case .announce: return .announce(try announceMessage())
        case .federationSync: return .federationSync(try federationSyncMessage())
        case .sync: return .sync(try syncMessage())
        case .ping: return .ping
        case .pong: return .pong
        case .ack: return .ack(try ackMessage())
        case .error: return .error(try errorMessage())
        case .query: return .query(pattern: try text())
        case .result: return .result(signals: try signalDefinitions(withMeta: false))
        }
    }

    /// `count` items of at least `minimum` bytes, each read once to validate it.
    @inline(__always)
    mutating func items(
        ofAtLeast minimum: Int, read: (inout ByteReader) throws(WireError) -> Void
    ) throws(WireError) -> ItemList {
        try items(count(itemsOfAtLeast: minimum), read: read)
    }

    @inline(__always)
    mutating func items(
        _ count: Int, read: (inout ByteReader) throws(WireError) -> Void
    ) throws(WireError) -> ItemList {
        let start = offset
        for _ in 0..<count { try read(&self) }
        return ItemList(count: count, bytes: ByteRange(start, count: offset - start))
    }
}
