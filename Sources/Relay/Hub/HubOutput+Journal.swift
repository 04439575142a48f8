import RelayProtocol
import RelayStorage

/// What is to be kept of what happened.
extension HubOutput {
    /// A param whose value has just come in a message.
    @inline(__always)
    mutating func record(
        _ standing: ParamStanding, _ value: ValueReference, in payload: RawSpan, address: RawSpan, writer: [UInt8]
    ) {
        let stamp = ParamStamp(standing)
        if value.isCanonical {
            journal.set(
                address: address.octets, type: value.type.rawValue, data: payload.bytes(value.data).octets,
                writer: writer.span, stamp: stamp)
        } else {
            StoredValue(value, in: payload).withEncoded { value in
                journal.set(address: address.octets, value: value.octets, writer: writer.span, stamp: stamp)
            }
        }
    }

    mutating func recordRemoval(of address: RawSpan, revision: UInt64, at time: UInt64) {
        journal.remove(address: address.octets, revision: revision, timestamp: Int64(clamping: time))
    }

    mutating func record(signal: UInt8, address: RawSpan, message: RawSpan, writer: [UInt8], at time: UInt64) {
        journal.signal(
            kind: signal, address: address.octets, value: message.octets, writer: writer.span,
            timestamp: Int64(clamping: time))
    }
}

extension ParamStamp {
    init(_ standing: ParamStanding) {
        self.init(
            revision: standing.revision, timestamp: Int64(clamping: standing.timestamp),
            lifetime: ParamLifetime(standing))
    }
}

extension ParamLifetime {
    init(_ standing: ParamStanding) {
        switch standing.timeToLive {
        case nil: self = .standard
        case .never: self = .never
        case .sliding(let seconds): self = .sliding(seconds)
        case .absolute(let seconds): self = .absolute(seconds, since: Int64(clamping: standing.lifetimeStart))
        }
    }
}
