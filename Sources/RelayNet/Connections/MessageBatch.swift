/// Where a message lies in its batch.
public struct MessageRange {
    public let offset: Int32
    public let length: Int32
    public let kind: MessageKind

    @inline(__always)
    init(offset: Int32, length: Int32, kind: MessageKind) {
        self.offset = offset
        self.length = length
        self.kind = kind
    }
}

/// The messages one read brought, whole and unmasked, in order. Their bytes are good until the handler returns.
public struct MessageBatch: ~Escapable {
    let bytes: RawSpan
    let ranges: Span<MessageRange>

    @_lifetime(copy bytes, copy ranges)
    init(bytes: RawSpan, ranges: Span<MessageRange>) {
        self.bytes = bytes
        self.ranges = ranges
    }

    @inline(__always)
    public var count: Int { ranges.count }

    @inline(__always)
    public func kind(at index: Int) -> MessageKind { ranges[index].kind }

    public subscript(index: Int) -> RawSpan {
        @inline(__always)
        @_lifetime(copy self)
        get {
            let range = ranges[index]
            let start = Int(range.offset)
            return bytes.extracting(start..<start &+ Int(range.length))
        }
    }
}
