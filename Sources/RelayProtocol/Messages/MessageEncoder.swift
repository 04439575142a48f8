/// Writes messages in their one canonical form.
///
/// The functions of `ByteWriter` beside this file take what they write piece by piece, so that the relay can encode
/// from its tables; `encode` and `frame` take a `Message` with the payload that its ranges point into.
public enum MessageEncoder {
    /// A whole frame, with the quality of service that suits the message.
    public static func frame(
        _ message: Message, in payload: RawSpan, into writer: inout ByteWriter
    ) throws(WireError) {
        if case .set(let message) = message { return try setFrame(message, in: payload, into: &writer) }
        try frame(
            message, in: payload, qualityOfService: message.defaultQualityOfService, timestamp: nil, into: &writer)
    }

    /// The same for the message that a relay writes most.
    @inline(__always)
    public static func setFrame(
        _ message: SetMessage, in payload: RawSpan, into writer: inout ByteWriter
    ) throws(WireError) {
        if message.value.isCanonical { return try writer.canonicalSetFrame(message, in: payload, .confirm) }
        try frame(.set(message), in: payload, qualityOfService: .confirm, timestamp: nil, into: &writer)
    }

    @inline(never)
    public static func frame(
        _ message: Message, in payload: RawSpan, qualityOfService: QualityOfService, timestamp: UInt64? = nil,
        into writer: inout ByteWriter
    ) throws(WireError) {
        try ClaspFrame.write(qualityOfService, timestamp: timestamp, into: &writer) { writer throws(WireError) in
            if case .publish(let message) = message { return try writer.publish(message, in: payload) }
            try encode(message, in: payload, into: &writer)
        }
    }

    /// The payload alone.
    public static func encode(
        _ message: Message, in payload: RawSpan, into writer: inout ByteWriter
    ) throws(WireError) {
        if case .set(let message) = message { return try writer.set(message, in: payload) }
        if case .publish(let message) = message { return try writer.publish(message, in: payload) }
        try writer.u8(message.type.rawValue)
        switch message {
        case .set, .publish, .ping, .pong: return
        case .get(let address): try writer.text(address, of: payload)
        case .subscribe(let message): try writer.subscribeBody(message, in: payload)
        case .unsubscribe(let id): try writer.u32(id)
        case .snapshot(let params): try writer.snapshotBody(params, in: payload)
        case .bundle(let message): try writer.bundleBody(message, in: payload)
        case .replay(let message): try writer.replayBody(message, in: payload)
        case .hello(let message): try writer.helloBody(message, in: payload)
        case .welcome(let message): try writer.welcomeBody(message, in: payload)
        case .announce(let message): try writer.announceBody(message, in: payload)
        case .federationSync(let message): try writer.federationSyncBody(message, in: payload)
        case .sync(let message): try writer.syncBody(message)
        case .ack(let message): try writer.ackBody(message, in: payload)
        case .error(let message): try writer.errorBody(message, in: payload)
        case .query(let pattern): try writer.text(pattern, of: payload)
        case .result(let signals): try writer.signalDefinitions(signals, in: payload, withMeta: false)
        }
    }
}

extension ByteWriter {
    mutating func text(ifPresent range: ByteRange?, in payload: RawSpan) throws(WireError) {
        if let range { try text(range, of: payload) }
    }

    @inline(__always)
    mutating func u64(ifPresent value: UInt64?) throws(WireError) {
        if let value { try u64(value) }
    }

    @inline(__always)
    mutating func u32(ifPresent value: UInt32?) throws(WireError) {
        if let value { try u32(value) }
    }
}

/// The flag that says that an optional field follows.
@inline(__always)
func flag(_ bit: UInt8, if isPresent: Bool) -> UInt8 { isPresent ? bit : 0 }
