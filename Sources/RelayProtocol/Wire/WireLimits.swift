/// The limits of the language itself (docs/protocol.md). Limits of a server, its queues and its clients live elsewhere.
package enum WireLimits {
    /// The length field of a frame has 16 bits.
    package static let maxPayloadBytes = 65_535
    /// Magic, flags and length; eight more when a timestamp is present.
    package static let maxHeaderBytes = 12
    package static let maxFrameBytes = maxHeaderBytes + maxPayloadBytes
    /// Arrays and maps inside each other. A payload has room for 21,000 levels, a stack does not.
    package static let maxValueDepth = 64
    package static let maxBundleDepth = 8
    package static let maxAddressBytes = 1_024
    /// A SNAPSHOT of more is split, because existing clients were only ever sent this many.
    package static let maxSnapshotParams = 800
}
