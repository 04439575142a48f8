import RelayProtocol
import RelayStorage

/// What is to be kept of what happened.
extension HubOutput {
    mutating func record(_ param: Param, address: RawSpan, writer: [UInt8]) {
        let stamp = ParamStamp(param)
        param.value.withEncoded { value in
            journal.set(address: address.octets, value: value.octets, writer: writer.span, stamp: stamp)
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
    init(_ param: Param) {
        self.init(
            revision: param.revision, timestamp: Int64(clamping: param.timestamp), lifetime: ParamLifetime(param))
    }
}

extension ParamLifetime {
    init(_ param: Param) {
        switch param.timeToLive {
        case nil: self = .standard
        case .never: self = .never
        case .sliding(let seconds): self = .sliding(seconds)
        case .absolute(let seconds): self = .absolute(seconds, since: Int64(clamping: param.lifetimeStart))
        }
    }
}
