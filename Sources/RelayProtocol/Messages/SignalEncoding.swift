extension ByteWriter {
    /// A PUBLISH, type byte included.
    @inline(__always)
    public mutating func publish(_ message: PublishMessage, in payload: RawSpan) throws(WireError) {
        let flags =
            message.signal.rawValue << 5 | flag(0x10, if: message.timestamp != nil) | flag(0x08, if: message.id != nil)
            | message.phase.rawValue
        try head(MessageType.publish.rawValue, flags, message.address, of: payload)
        switch message.content {
        case .none: try u8(0)
        case .value(let reference):
            try u8(1)
            try value(reference, in: payload)
        case .samples(let samples):
            try u8(2)
            try itemCount(samples.count)
            try append(samples.bytes, of: payload)
        }
        try u64(ifPresent: message.timestamp)
        try u32(ifPresent: message.id)
        try u32(ifPresent: message.rate)
    }

    mutating func subscribeBody(_ message: SubscribeMessage, in payload: RawSpan) throws(WireError) {
        let options = message.options ?? SubscribeMessage.Options()
        try u32(message.id)
        try text(message.pattern, of: payload)
        try u8(message.types.mask)
        try u8(
            flag(0x01, if: options.maxRate != nil) | flag(0x02, if: options.epsilon != nil)
                | flag(0x04, if: options.history != nil) | flag(0x08, if: options.window != nil))
        try u32(ifPresent: options.maxRate)
        try u64(ifPresent: options.epsilon?.bitPattern)
        try u32(ifPresent: options.history)
        try u32(ifPresent: options.window)
    }
}
