extension ByteReader {
    mutating func helloMessage() throws(WireError) -> HelloMessage {
        let known = Features.all.union(.federation)
        return HelloMessage(
            version: try u8(), features: Features(rawValue: try u8()).intersection(known), name: try text(),
            token: try text())
    }

    mutating func welcomeMessage() throws(WireError) -> WelcomeMessage {
        WelcomeMessage(
            version: try u8(), features: Features(rawValue: try u8()).intersection(.all), time: try u64(),
            session: try text(), name: try text(), token: try text())
    }

    mutating func announceMessage() throws(WireError) -> AnnounceMessage {
        AnnounceMessage(namespace: try text(), signals: try signalDefinitions(withMeta: true))
    }

    mutating func signalDefinitions(withMeta: Bool) throws(WireError) -> ItemList {
        try items(ofAtLeast: 4) { reader throws(WireError) in _ = try reader.signalDefinition(withMeta: withMeta) }
    }

    /// The next item of an ANNOUNCE, or of a RESULT, which never has meta.
    public mutating func signalDefinition(withMeta: Bool) throws(WireError) -> SignalDefinition {
        let address = try text()
        let signal = Signal(code: try u8())
        let flags = try u8()
        return SignalDefinition(
            address: address, signal: signal, datatype: try text(if: flags & 0x01 != 0),
            access: try text(if: flags & 0x02 != 0),
            meta: withMeta && flags & 0x04 != 0 ? try signalMeta() : nil)
    }

    private mutating func signalMeta() throws(WireError) -> SignalMeta {
        let flags = try u8()
        return SignalMeta(
            unit: try text(if: flags & 0x01 != 0),
            range: flags & 0x02 != 0 ? ClosedBounds(minimum: try f64(), maximum: try f64()) : nil,
            defaultValue: flags & 0x04 != 0 ? try value() : nil,
            description: try text(if: flags & 0x08 != 0))
    }

    mutating func federationSyncMessage() throws(WireError) -> FederationSyncMessage {
        guard let operation = FederationSyncMessage.Operation(rawValue: try u8()) else { throw .unknownOperation }
        let patterns = try items(ofAtLeast: 2) { reader throws(WireError) in _ = try reader.text() }
        let revisions = try items(ofAtLeast: 10) { reader throws(WireError) in
            _ = try reader.text()
            _ = try reader.u64()
        }
        let flags = try u8()
        return FederationSyncMessage(
            operation: operation, patterns: patterns, revisions: revisions,
            sinceRevision: try u64(if: flags & 0x80 != 0), origin: try text(if: flags & 0x40 != 0))
    }

    mutating func syncMessage() throws(WireError) -> SyncMessage {
        let flags = try u8()
        return SyncMessage(
            t1: try u64(), t2: try u64(if: flags & 0x01 != 0), t3: try u64(if: flags & 0x02 != 0))
    }

    mutating func ackMessage() throws(WireError) -> AckMessage {
        let flags = try u8()
        return AckMessage(
            address: try text(if: flags & 0x01 != 0), revision: try u64(if: flags & 0x02 != 0),
            isLocked: flags & 0x04 != 0 ? try u8() != 0 : nil, holder: try text(if: flags & 0x08 != 0),
            correlation: try u32(if: flags & 0x10 != 0))
    }

    mutating func errorMessage() throws(WireError) -> ErrorMessage {
        let code = try u16()
        let text = try text()
        let flags = try u8()
        return ErrorMessage(
            code: code, text: text, address: try self.text(if: flags & 0x01 != 0),
            correlation: try u32(if: flags & 0x02 != 0))
    }
}
