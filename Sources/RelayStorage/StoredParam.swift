/// What is kept of a param beside its address, value and writer.
package struct ParamStamp: Sendable, Equatable {
    package var revision: UInt64
    /// Microseconds since 1970 of the last write.
    package var timestamp: Int64
    package var lifetime: ParamLifetime
    /// Bits that only the hub understands; they come back as they were.
    package var flags: UInt8

    package init(revision: UInt64, timestamp: Int64, lifetime: ParamLifetime = .standard, flags: UInt8 = 0) {
        self.revision = revision
        self.timestamp = timestamp
        self.lifetime = lifetime
        self.flags = flags
    }
}

/// How long a param lives without being written (protocol.md, "ttl").
package enum ParamLifetime: Sendable, Equatable {
    /// Nothing was said: the relay's default holds.
    case standard
    case never
    /// That many seconds after the last write.
    case sliding(UInt32)
    /// That many seconds after the SET that asked for it, whose time is `since` (microseconds).
    case absolute(UInt32, since: Int64)
}

/// Receives what was kept, param by param and in order. The spans live as long as the call.
///
/// Addresses and writers are valid UTF-8 of at most 65,535 bytes and values are canonical CLASP; whether an address is
/// a legal one is for the sink to judge.
package protocol RecoverySink {
    /// Forget everything: the file it came from turned out to be bad, another is tried.
    mutating func reset()
    mutating func set(
        address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp)
    mutating func remove(address: Span<UInt8>)
}
