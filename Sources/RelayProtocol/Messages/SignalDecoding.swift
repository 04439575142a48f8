extension ByteReader {
    @inline(__always)
    mutating func publishMessage() throws(WireError) -> PublishMessage {
        let flags = try u8()
        let address = try text()
        let content: PublishMessage.Content
        switch try u8() {
        case 1: content = .value(try value())
        case 2: content = .samples(try samples())
        default: content = .none
        }
        let timestamp = try u64(if: flags & 0x10 != 0)
        let id = try u32(if: flags & 0x08 != 0)
        // The rate has no flag: it is there when four bytes are left.
        let rate = try u32(if: remaining >= 4)
        return PublishMessage(
            signal: Signal(code: flags >> 5), isSignalStated: true, phase: GesturePhase(code: flags & 0x07),
            address: address, content: content,
            timestamp: timestamp, id: id, rate: rate)
    }

    private mutating func samples() throws(WireError) -> ItemList {
        let count = try count(itemsOfAtLeast: 8)
        return ItemList(count: count, bytes: try take(count * 8))
    }

    mutating func subscribeMessage() throws(WireError) -> SubscribeMessage {
        let id = try u32()
        let pattern = try text()
        let types = SignalSet(mask: try u8())
        let flags = try u8()
        guard flags != 0 else { return SubscribeMessage(id: id, pattern: pattern, types: types, options: nil) }
        var options = SubscribeMessage.Options()
        options.maxRate = try u32(if: flags & 0x01 != 0)
        if flags & 0x02 != 0 { options.epsilon = try f64() }
        options.history = try u32(if: flags & 0x04 != 0)
        options.window = try u32(if: flags & 0x08 != 0)
        return SubscribeMessage(id: id, pattern: pattern, types: types, options: options)
    }
}
