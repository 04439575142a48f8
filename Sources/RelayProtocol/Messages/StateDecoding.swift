extension ByteReader {
    /// Value type codes share the flags byte with these.
    private static var revisionFlag: UInt8 { 0x80 }
    private static var timeToLiveFlag: UInt8 { 0x10 }

    @inline(__always)
    mutating func setMessage() throws(WireError) -> SetMessage {
        let flags = try u8()
        let address = try text()
        let value = try value(ofType: flags & 0x0F)
        let revision = try u64(if: flags & Self.revisionFlag != 0)
        let timeToLive = try u32(if: flags & Self.timeToLiveFlag != 0)
        return SetMessage(
            address: address, value: value, revision: revision, wireTimeToLive: timeToLive, flags: flags)
    }

    mutating func snapshotParams() throws(WireError) -> ItemList {
        // Address length, type code, revision and flags: no param takes less.
        try items(ofAtLeast: 12) { reader throws(WireError) in _ = try reader.snapshotParam() }
    }

    /// The next item of a SNAPSHOT.
    public mutating func snapshotParam() throws(WireError) -> SnapshotParam {
        let address = try text()
        let value = try value()
        let revision = try u64()
        let flags = try u8()
        return SnapshotParam(
            address: address, value: value, revision: revision,
            writer: try text(if: flags & 0x01 != 0), timestamp: try u64(if: flags & 0x02 != 0))
    }

    mutating func bundleMessage(depth: Int) throws(WireError) -> BundleMessage {
        guard depth <= WireLimits.maxBundleDepth else { throw .bundleTooDeep }
        let flags = try u8()
        let count = Int(try u16())
        let timestamp = try u64(if: flags & 0x80 != 0)
        guard count * 3 <= remaining else { throw .countExceedsPayload }
        let messages = try items(count) { reader throws(WireError) in
            let range = try reader.bundledPayload()
            var inner = ByteReader(reader.bytes.bytes(range))
            _ = try inner.message(bundleDepth: depth)
        }
        return BundleMessage(timestamp: timestamp, messages: messages)
    }

    /// Where the next message of a BUNDLE stands. Its own ranges count from there.
    public mutating func bundledPayload() throws(WireError) -> ByteRange {
        let range = try take(Int(try u16()))
        guard !range.isEmpty else { throw .truncated }
        return range
    }

    mutating func replayMessage() throws(WireError) -> ReplayMessage {
        let flags = try u8()
        return ReplayMessage(
            pattern: try text(), from: try u64(if: flags & 0x80 != 0), to: try u64(if: flags & 0x40 != 0),
            limit: try u32(if: flags & 0x20 != 0), types: SignalSet(mask: try u8()))
    }
}
