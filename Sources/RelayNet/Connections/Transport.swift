/// What stands between a socket and the bytes of its connection. A plain TCP connection has none.
///
/// Both calls answer like the system calls they replace: a count, 0 for the end of input, a negative errno.
package class Transport {
    package init() {}

    /// Input that has been decoded but did not fit the caller's buffer; the socket will not announce it again.
    package var hasDecodedInput: Bool { false }
    /// The next `receive` can only get on once the socket takes output.
    package var wantsRoom: Bool { false }

    package func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        preconditionFailure("a transport says how it receives")
    }

    package func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        preconditionFailure("a transport says how it sends")
    }

    /// Our side is about to be shut.
    package func finish(_ descriptor: Int32) {}
}

/// Makes the transport of each connection a listener accepts.
package protocol TransportSource: AnyObject {
    func transport() -> Transport?
}
