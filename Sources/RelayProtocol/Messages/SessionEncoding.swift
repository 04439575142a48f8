extension ByteWriter {
    mutating func helloBody(_ message: HelloMessage, in payload: RawSpan) throws(WireError) {
        try u8(message.version)
        try u8(message.features.rawValue)
        try text(message.name, of: payload)
        try text(message.token, of: payload)
    }

    mutating func welcomeBody(_ message: WelcomeMessage, in payload: RawSpan) throws(WireError) {
        try u8(message.version)
        try u8(message.features.rawValue)
        try u64(message.time)
        try text(message.session, of: payload)
        try text(message.name, of: payload)
        try text(message.token, of: payload)
    }

    mutating func announceBody(_ message: AnnounceMessage, in payload: RawSpan) throws(WireError) {
        try text(message.namespace, of: payload)
        try signalDefinitions(message.signals, in: payload, withMeta: true)
    }

    mutating func signalDefinitions(_ signals: ItemList, in payload: RawSpan, withMeta: Bool) throws(WireError) {
        try itemCount(signals.count)
        var reader = ByteReader(payload, at: Int(signals.bytes.start))
        for _ in 0..<signals.count {
            try signalDefinition(try reader.signalDefinition(withMeta: withMeta), in: payload)
        }
    }

    /// One item of an ANNOUNCE or RESULT.
    public mutating func signalDefinition(_ signal: SignalDefinition, in payload: RawSpan) throws(WireError) {
        try text(signal.address, of: payload)
        try u8(signal.signal.rawValue)
        try u8(
            flag(0x01, if: signal.datatype != nil) | flag(0x02, if: signal.access != nil)
                | flag(0x04, if: signal.meta != nil))
        try text(ifPresent: signal.datatype, in: payload)
        try text(ifPresent: signal.access, in: payload)
        if let meta = signal.meta { try signalMeta(meta, in: payload) }
    }

    private mutating func signalMeta(_ meta: SignalMeta, in payload: RawSpan) throws(WireError) {
        try u8(
            flag(0x01, if: meta.unit != nil) | flag(0x02, if: meta.range != nil)
                | flag(0x04, if: meta.defaultValue != nil) | flag(0x08, if: meta.description != nil))
        try text(ifPresent: meta.unit, in: payload)
        if let range = meta.range {
            try f64(range.minimum)
            try f64(range.maximum)
        }
        if let value = meta.defaultValue { try self.value(value, in: payload) }
        try text(ifPresent: meta.description, in: payload)
    }

    mutating func federationSyncBody(_ message: FederationSyncMessage, in payload: RawSpan) throws(WireError) {
        try u8(message.operation.rawValue)
        try itemCount(message.patterns.count)
        try append(message.patterns.bytes, of: payload)
        try itemCount(message.revisions.count)
        try append(message.revisions.bytes, of: payload)
        try u8(flag(0x80, if: message.sinceRevision != nil) | flag(0x40, if: message.origin != nil))
        try u64(ifPresent: message.sinceRevision)
        try text(ifPresent: message.origin, in: payload)
    }

    mutating func syncBody(_ message: SyncMessage) throws(WireError) {
        try u8(flag(0x01, if: message.t2 != nil) | flag(0x02, if: message.t3 != nil))
        try u64(message.t1)
        try u64(ifPresent: message.t2)
        try u64(ifPresent: message.t3)
    }

    mutating func ackBody(_ message: AckMessage, in payload: RawSpan) throws(WireError) {
        try u8(
            flag(0x01, if: message.address != nil) | flag(0x02, if: message.revision != nil)
                | flag(0x04, if: message.isLocked != nil) | flag(0x08, if: message.holder != nil)
                | flag(0x10, if: message.correlation != nil))
        try text(ifPresent: message.address, in: payload)
        try u64(ifPresent: message.revision)
        if let isLocked = message.isLocked { try u8(isLocked ? 1 : 0) }
        try text(ifPresent: message.holder, in: payload)
        try u32(ifPresent: message.correlation)
    }

    mutating func errorBody(_ message: ErrorMessage, in payload: RawSpan) throws(WireError) {
        try u16(message.code)
        try text(message.text, of: payload)
        try u8(flag(0x01, if: message.address != nil) | flag(0x02, if: message.correlation != nil))
        try text(ifPresent: message.address, in: payload)
        try u32(ifPresent: message.correlation)
    }
}
