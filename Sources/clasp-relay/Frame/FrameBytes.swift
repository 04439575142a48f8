import RelayProtocol

/// A message as a frame of its own.
enum FrameBytes {
    /// With the quality of service that suits the message, or the one asked for.
    static func of(
        _ message: Message, in payload: [UInt8], _ quality: QualityOfService? = nil
    ) throws(WireError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: WireLimits.maxFrameBytes)
        let count = try bytes.withWriter { writer throws(WireError) in
            if let quality {
                try MessageEncoder.frame(message, in: payload.rawSpan, qualityOfService: quality, into: &writer)
            } else {
                try MessageEncoder.frame(message, in: payload.rawSpan, into: &writer)
            }
            return writer.count
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
