/// Rewrites a legacy MessagePack message as the binary payload that says the same.
///
/// So there is one decoder and one meaning: what comes out of here goes through `MessageDecoder` like everything else.
/// The Python client sends its bundles and queries in this form; old clients send everything so.
public struct LegacyTranscoder {
    /// The binary payload. A bundle's may be longer than a frame can carry: small integers grow to nine bytes.
    public private(set) var payload: [UInt8]
    /// Whether a PUBLISH named its signal.
    public private(set) var isSignalStated = true

    /// An item of MessagePack takes at least one byte and becomes at most nine; the rest is lengths and flags.
    private static func bound(_ legacyBytes: Int) -> Int { legacyBytes * 9 + 64 }

    public init(_ legacy: RawSpan) throws(WireError) {
        payload = [UInt8](repeating: 0, count: Self.bound(legacy.byteCount))
        var isStated = true
        let count = try payload.withWriter { writer throws(WireError) in
            var reader = ByteReader(legacy)
            isStated = try writer.legacyMessage(&reader, bundleDepth: 0)
            return writer.count
        }
        isSignalStated = isStated
        payload.removeLast(payload.count - count)
    }

    /// The message, with ranges into `payload`.
    public func message() throws(WireError) -> Message {
        try MessageDecoder.decode(payload.rawSpan, isSignalStated: isSignalStated)
    }
}

extension ByteWriter {
    /// - Returns: whether it named its signal, where it has one.
    fileprivate mutating func legacyMessage(_ reader: inout ByteReader, bundleDepth: Int) throws(WireError) -> Bool {
        let legacy = reader.bytes
        let fields = try LegacyFields(&reader)
        let name = legacy.bytes(try fields.requiredText("type", in: legacy))
        guard let type = MessageType.allCases.first(where: { name.isEqual(to: $0.name) }) else {
            throw .unknownMessageType
        }
        try u8(type.rawValue)
        switch type {
        case .ping, .pong: break
        case .publish: return try legacyPublish(fields, in: legacy)
        case .bundle: try legacyBundle(fields, in: legacy, depth: bundleDepth + 1)
        case .set: try legacySet(fields, in: legacy)
        case .get: try text(legacy.bytes(try fields.requiredText("address", in: legacy)))
        case .snapshot: try legacySnapshot(fields, in: legacy)
        case .replay: try legacyReplay(fields, in: legacy)
        case .subscribe: try legacySubscribe(fields, in: legacy)
        case .unsubscribe: try u32(try fields.requiredInteger("id", in: legacy))
        case .query: try text(legacy.bytes(try fields.requiredText("pattern", in: legacy)))
        case .hello: try legacyHello(fields, in: legacy)
        case .welcome: try legacyWelcome(fields, in: legacy)
        case .announce:
            try text(legacy.bytes(try fields.requiredText("namespace", in: legacy)))
            try legacyDefinitions(fields, in: legacy, withMeta: true, isRequired: false)
        case .result: try legacyDefinitions(fields, in: legacy, withMeta: false, isRequired: true)
        case .federationSync: try legacyFederationSync(fields, in: legacy)
        case .sync: try legacySync(fields, in: legacy)
        case .ack: try legacyAck(fields, in: legacy)
        case .error: try legacyError(fields, in: legacy)
        }
        return true
    }

    private mutating func legacyBundle(
        _ fields: LegacyFields, in legacy: RawSpan, depth: Int
    ) throws(WireError) {
        guard depth <= WireLimits.maxBundleDepth else { throw .bundleTooDeep }
        let timestamp: UInt64? = try fields.integer("timestamp", in: legacy)
        var reader = try fields.requiredReader("messages", in: legacy)
        let count = try reader.item().arrayCount()
        try u8(flag(0x80, if: timestamp != nil))
        try itemCount(count)
        try u64(ifPresent: timestamp)
        for _ in 0..<count {
            try bundled { writer throws(WireError) in
                _ = try writer.legacyMessage(&reader, bundleDepth: depth)
            }
        }
    }

    /// A list of maps: for each, its fields.
    mutating func legacyItems(
        _ key: StaticString, of fields: LegacyFields, in legacy: RawSpan, isRequired: Bool,
        write: (inout ByteWriter, LegacyFields) throws(WireError) -> Void
    ) throws(WireError) {
        guard var reader = try fields.reader(key, in: legacy) else {
            guard !isRequired else { throw .missingField }
            return try itemCount(0)
        }
        let count = try reader.item().arrayCount()
        try itemCount(count)
        for _ in 0..<count { try write(&self, try LegacyFields(&reader)) }
    }
}
