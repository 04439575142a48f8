// sources: Sources/RelayJSON Sources/RelayProtocol

import RelayJSON
import RelayProtocol

/// Any bytes as a frame: nothing traps, and what decodes can be written, shown and read back without a change.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrame(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let header = try? ClaspFrame(reading: bytes.rawSpan) else { return 0 }
    let payload = bytes.rawSpan.bytes(header.payload).array
    guard !MessageDecoder.isLegacy(payload.rawSpan), let message = try? MessageDecoder.decode(payload.rawSpan) else {
        return 0
    }
    checkRoundTrip(of: message, in: payload)
    return 0
}

func checkRoundTrip(of message: Message, in payload: [UInt8]) {
    guard let notation = try? MessageNotation.json(of: message, in: payload.rawSpan) else {
        fatalError("a message cannot be shown")
    }
    // Canonical form takes up to nine bytes for two, and may then be too large.
    guard let canonical = encoded(message, in: payload) else { return }
    guard let again = try? MessageDecoder.decode(canonical.rawSpan) else {
        fatalError("our own payload does not decode")
    }
    guard encoded(again, in: canonical) == canonical else { fatalError("canonical form is not stable") }
    guard let reader = try? NotationReader(notation), reader.payload == canonical else {
        fatalError("the notation does not say what the message says")
    }
}

func encoded(_ message: Message, in payload: [UInt8]) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: WireLimits.maxPayloadBytes)
    do throws(WireError) {
        let count = try bytes.withWriter { writer throws(WireError) in
            try MessageEncoder.encode(message, in: payload.rawSpan, into: &writer)
            return writer.count
        }
        return Array(bytes[..<count])
    } catch {
        guard error == .noRoom || error == .payloadTooLarge else { fatalError("a message cannot be written") }
        return nil
    }
}
