package import RelayJSON
package import RelayProtocol

/// A frame as a test looks at it: decoded, and kept with the payload that the message points into.
package struct DecodedFrame {
    package let header: ClaspFrame
    package let message: Message
    package let payload: [UInt8]
    package let isLegacy: Bool

    package init(_ bytes: [UInt8]) throws(WireError) {
        header = try Self.header(bytes)
        let body = bytes.rawSpan.bytes(header.payload).array
        isLegacy = MessageDecoder.isLegacy(body.rawSpan)
        if isLegacy {
            let transcoder = try LegacyTranscoder(body.rawSpan)
            message = try transcoder.message()
            payload = transcoder.payload
        } else {
            message = try MessageDecoder.decode(body.rawSpan)
            payload = body
        }
    }

    /// The header alone.
    package static func header(_ bytes: [UInt8]) throws(WireError) -> ClaspFrame {
        try ClaspFrame(reading: bytes.rawSpan)
    }

    package func notation() throws(WireError) -> JSONValue {
        try MessageNotation.json(of: message, in: payload.rawSpan, isLegacy: isLegacy)
    }

    /// The frame that we would write, in a buffer of that many bytes.
    package func encoded(
        qualityOfService: QualityOfService? = nil, room: Int = WireLimits.maxFrameBytes
    ) throws(WireError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: room)
        let count = try bytes.withWriter { writer throws(WireError) in
            try MessageEncoder.frame(
                message, in: payload.rawSpan, qualityOfService: qualityOfService, into: &writer)
            return writer.count
        }
        return Array(bytes[..<count])
    }
}
