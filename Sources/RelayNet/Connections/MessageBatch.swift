/// Where a message lies in its batch.
package struct MessageRange {
    package let offset: Int32
    package let length: Int32
    package let kind: MessageKind

    @inline(__always)
    init(offset: Int32, length: Int32, kind: MessageKind) {
        self.offset = offset
        self.length = length
        self.kind = kind
    }
}

/// The messages one read brought, whole and unmasked, in order. Their bytes are good until the handler returns.
package struct MessageBatch: ~Escapable {
    @usableFromInline package let bytes: RawSpan
    @usableFromInline package let ranges: Span<MessageRange>

    @_lifetime(copy bytes, copy ranges)
    init(bytes: RawSpan, ranges: Span<MessageRange>) {
        self.bytes = bytes
        self.ranges = ranges
    }

    @inlinable @inline(__always)
    package var count: Int { ranges.count }

    @inlinable @inline(__always)
    package func kind(at index: Int) -> MessageKind { ranges[index].kind }

    package subscript(index: Int) -> RawSpan {
        @inlinable @inline(__always)
        @_lifetime(copy self)
        get {
            let range = ranges[index]
            let start = Int(range.offset)
            return bytes.extracting(start..<start &+ Int(range.length))
        }
    }
}
