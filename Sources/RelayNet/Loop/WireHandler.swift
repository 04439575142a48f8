/// The upper module, as a loop sees it: told in batches, always on the loop's thread, never from inside a call it made.
///
/// A handler may call anything of the loop from any of these.
package protocol WireHandler: ~Copyable {
    /// A WebSocket has been opened.
    mutating func opened(_ connection: ConnectionID, _ upgrade: Upgrade, on loop: EventLoop)
    /// What one read brought from a WebSocket.
    mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop)
    /// Nothing more will come from the connection, and nothing can be sent to it. Its index may come up again later.
    mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop)
    /// A lagging peer has caught up, or little is left of what `tellWhenDrained` asked about.
    mutating func drained(_ connection: ConnectionID, on loop: EventLoop)
    /// A timer of `setTimer` is due.
    mutating func timer(_ token: UInt64, on loop: EventLoop)
    mutating func signal(_ number: Int32, on loop: EventLoop)

    /// A raw connection has been accepted or adopted.
    mutating func opened(raw connection: ConnectionID, from address: PeerAddress, on loop: EventLoop)
    /// Unread input of a raw connection; answers how much of it was taken. The rest comes again with the next bytes.
    mutating func received(bytes: RawSpan, from connection: ConnectionID, on loop: EventLoop) -> Int
    /// The peer of a raw connection has shut its side; it may still take output.
    mutating func inputEnded(_ connection: ConnectionID, on loop: EventLoop)
    /// The deadline of a raw connection has passed.
    mutating func deadlinePassed(_ connection: ConnectionID, on loop: EventLoop)
}

extension WireHandler where Self: ~Copyable {
    package mutating func opened(_ connection: ConnectionID, _ upgrade: Upgrade, on loop: EventLoop) {}
    package mutating func received(_ messages: MessageBatch, from connection: ConnectionID, on loop: EventLoop) {}
    package mutating func closed(_ connection: ConnectionID, _ closure: Closure, on loop: EventLoop) {}
    package mutating func drained(_ connection: ConnectionID, on loop: EventLoop) {}
    package mutating func timer(_ token: UInt64, on loop: EventLoop) {}
    package mutating func signal(_ number: Int32, on loop: EventLoop) {}
    package mutating func opened(raw connection: ConnectionID, from address: PeerAddress, on loop: EventLoop) {}
    package mutating func received(bytes: RawSpan, from connection: ConnectionID, on loop: EventLoop) -> Int {
        bytes.byteCount
    }
    package mutating func inputEnded(_ connection: ConnectionID, on loop: EventLoop) { loop.finish(connection) }
    package mutating func deadlinePassed(_ connection: ConnectionID, on loop: EventLoop) { loop.abort(connection) }
}
