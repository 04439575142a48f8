/// Where in a payload something stands. Messages hold ranges instead of copies; whoever holds the payload can look.
public struct ByteRange: Equatable, Sendable {
    public var start: UInt32
    public var count: UInt32

    public static let empty = ByteRange(start: 0, count: 0)

    @inline(__always)
    public init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    @inline(__always)
    public init(_ start: Int, count: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: count)
    }

    public var isEmpty: Bool { count == 0 }
}

extension RawSpan {
    @_lifetime(copy self)
    public func bytes(_ range: ByteRange?) -> RawSpan? {
        guard let range else { return nil }
        return bytes(range)
    }
}
