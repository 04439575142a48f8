import RelayProtocol
package import RelayStorage

/// A hub that is filled from what was kept, before anybody is served.
package final class RecoveringHub: RecoverySink {
    private var hub: Hub?
    private let now: Moment
    private let make: () -> Hub
    /// Params that could not be taken over: an address that is none, a value that is none.
    package private(set) var rejected = 0

    /// `make`: an empty hub; the storage may start over with another file.
    package init(at now: Moment, _ make: @escaping () -> Hub) {
        self.now = now
        self.make = make
        hub = make()
    }

    package var paramCount: Int { hub?.paramCount ?? 0 }

    /// The filled hub; this one has none afterwards but an empty one.
    package func take() -> Hub {
        if let hub = hub.take() { return hub }
        return make()
    }

    package func reset() {
        hub = make()
        rejected = 0
    }

    package func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) {
        let isTaken = hub?.restore(
            address: unsafe address.bytes, value: unsafe value.bytes, writer: unsafe writer.bytes.array, stamp, at: now)
        if isTaken != true { rejected += 1 }
    }

    package func remove(address: Span<UInt8>) {
        hub?.forget(address: unsafe address.bytes)
    }
}

extension Hub {
    /// Puts a param back as it was kept. False when there can be no such param.
    mutating func restore(
        address: RawSpan, value: RawSpan, writer: [UInt8], _ stamp: ParamStamp, at now: Moment
    ) -> Bool {
        self.now = now
        guard Address.isValid(address), !Reserved.contains(address), stamp.revision > 0,
            address.byteCount + value.byteCount <= Self.maxParamBytes, let value = StoredValue(encoded: value),
            let id = addresses.intern(address)
        else { return false }
        // Whoever showed that he is there is not there any more.
        if addresses[id].rules.mayBePresence, policy.isPresence(address, subject: nil) {
            if params[id] == nil { addresses.release(id) }
            return true
        }
        var param = params[id] ?? Param()
        writers.release(param.writer)
        // A name that is longer than any session's would make the param too large for a SNAPSHOT.
        param.standing.writer = writers.retain(writer.count <= SessionID.textBytes ? writer : [])
        param.value = value
        param.standing.revision = stamp.revision
        param.standing.timestamp = UInt64(clamping: stamp.timestamp)
        param.standing.address = addresses.place(of: id)
        switch stamp.lifetime {
        case .standard: param.standing.timeToLive = nil
        case .never: param.standing.timeToLive = .never
        case .sliding(let seconds): param.standing.timeToLive = .sliding(seconds: seconds)
        case .absolute(let seconds, let since):
            param.standing.timeToLive = .absolute(seconds: seconds)
            param.standing.lifetimeStart = UInt64(clamping: since)
        }
        param.standing.deadline = deadline(of: param.standing)
        params.replace(id, with: param)
        lookAgain(at: id, by: param.standing.deadline)
        return true
    }

    /// Takes away a param that was removed after it was kept.
    mutating func forget(address: RawSpan) {
        guard let id = addresses.find(address), let param = params[id] else { return }
        writers.release(param.writer)
        params.remove(id)
        addresses.release(id)
        forgetIdleAddresses()
    }
}
