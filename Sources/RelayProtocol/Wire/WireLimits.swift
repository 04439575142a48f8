/// The limits of the language itself (docs/protocol.md). Limits of a server, its queues and its clients live elsewhere.
public enum WireLimits {
    /// The length field of a frame has 16 bits.
    public static let maxPayloadBytes = 65_535
    /// Magic, flags and length; eight more when a timestamp is present.
    public static let maxHeaderBytes = 12
    public static let maxFrameBytes = maxHeaderBytes + maxPayloadBytes
    /// Arrays and maps inside each other. A payload has room for 21,000 levels, a stack does not.
    public static let maxValueDepth = 64
    public static let maxBundleDepth = 8
    public static let maxAddressBytes = 1_024
    /// A SNAPSHOT of more is split, because existing clients were only ever sent this many.
    public static let maxSnapshotParams = 800
}
