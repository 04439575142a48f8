/// Where in a payload something stands. Messages hold ranges instead of copies; whoever holds the payload can look.
@usableFromInline
package struct ByteRange: Equatable, Sendable {
    @usableFromInline package var start: UInt32
    @usableFromInline package var count: UInt32

    package static let empty = ByteRange(start: 0, count: 0)

    @inline(__always)
    package init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    @inline(__always)
    package init(_ start: Int, count: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: count)
    }

    package var isEmpty: Bool { count == 0 }
}

extension RawSpan {
    @_lifetime(copy self)
    package func bytes(_ range: ByteRange?) -> RawSpan? {
        guard let range else { return nil }
        return bytes(range)
    }
}
