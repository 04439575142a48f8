// sources: Sources/RelayJSON Sources/RelayProtocol

import RelayJSON
import RelayProtocol

/// Any bytes as a legacy payload: nothing traps, and what is transcoded is a payload that we would write ourselves.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLegacy(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: min(count, WireLimits.maxPayloadBytes)))
    guard let transcoder = try? LegacyTranscoder(bytes.rawSpan) else { return 0 }
    let payload = transcoder.payload
    let message: Message
    do throws(WireError) {
        message = try transcoder.message()
    } catch {
        // The one thing that only the decoder looks at.
        guard error == .unknownOperation else { fatalError("a transcoded payload does not decode: \(error)") }
        return 0
    }
    var canonical = [UInt8](repeating: 0, count: payload.count + 64)
    do throws(WireError) {
        let length = try canonical.withWriter { writer throws(WireError) in
            try MessageEncoder.encode(message, in: payload.rawSpan, into: &writer)
            return writer.count
        }
        guard Array(canonical[..<length]) == payload else { fatalError("a transcoded payload is not canonical") }
    } catch {
        fatalError("a transcoded message cannot be written: \(error)")
    }
    return 0
}
