/// One peer: a plain struct in the table's slab, touched by the loop's thread only.
///
/// What a delivery touches comes first, so that it shares a cache line. Memory beyond the struct exists only while
/// something is unfinished: a message half arrived, output the peer has not taken, a handshake.
@safe
struct Connection: ~Copyable {
    /// Where in its life a connection is. Only in `open` does the upper module know it.
    enum Phase: UInt8 {
        case vacant
        /// A WebSocket upgrade request is awaited.
        case greeting
        case open
        /// Our Close frame is queued or sent; the peer's is awaited, its messages are ignored (RFC 6455 §7.1.2).
        case closing
        /// Nothing more will be queued; when all is sent, our side of the TCP connection is shut.
        case finishing
        /// Our side is shut; input is read and thrown away until the peer shuts its own, because closing a socket
        /// that still holds input resets the connection and may destroy what was sent last.
        case lingering
    }

    enum Role: UInt8 {
        case webSocket
        case bytes
    }

    struct Flags: OptionSet {
        let rawValue: UInt16
        /// In the loop's list of connections to flush.
        static let dirty = Flags(rawValue: 1 << 0)
        /// More than the low mark waits to be sent.
        static let lagging = Flags(rawValue: 1 << 1)
        /// The socket was full; epoll tells when it is not.
        static let awaitsRoom = Flags(rawValue: 1 << 2)
        static let paused = Flags(rawValue: 1 << 3)
        /// The peer has shut its side.
        static let inputEnded = Flags(rawValue: 1 << 4)
        /// The upper module asked to be told when little is left to send.
        static let tellsWhenDrained = Flags(rawValue: 1 << 5)
        /// In the list of connections to look at without waiting for the socket.
        static let revisited = Flags(rawValue: 1 << 6)
        /// The upper module has seen `opened` and must see `closed`.
        static let announced = Flags(rawValue: 1 << 7)
        /// Our Close frame has been queued.
        static let closeSent = Flags(rawValue: 1 << 8)
        /// Not read from until it has taken its output.
        static let throttled = Flags(rawValue: 1 << 9)
        /// Counted among the connections of its client.
        static let counted = Flags(rawValue: 1 << 10)
    }

    var phase = Phase.vacant
    var role = Role.webSocket
    var flags: Flags = []
    var descriptor: Int32 = -1
    /// Queued bytes the socket has not taken yet.
    var pending = 0
    /// The last range of the queue, the one that can grow.
    var tailBlock: ArenaBlockPointer?
    var tailOffset: Int32 = 0
    var tailLength: Int32 = 0
    /// When it was last flushed, in units of 1,024 ns; wraps around within hours, which at worst gathers once in vain.
    var lastFlush: UInt32 = 0
    /// Earlier ranges, when not all of them are adjacent.
    var earlier = RangeList()
    let generation: UInt32
    /// Pings sent since the peer was last heard.
    var missedPings: UInt8 = 0
    var interest: UInt8 = 0

    /// What a full socket left over, copied out of the arena. Goes out before the ranges.
    var backlog = ByteQueue()
    /// Input that could not be understood yet: an incomplete head, header or control frame.
    var carry = ByteQueue()
    var parser = FrameParser()

    // Milliseconds of the monotonic clock.
    /// When the phase began or, in an open WebSocket, the peer was last pinged.
    var since: UInt64 = 0
    var lastHeard: UInt64 = 0
    var lastProgress: UInt64 = 0
    /// A raw connection's own deadline; 0 means none.
    var deadline: UInt64 = 0
    var timer = TimerID.none
    var timerAt: UInt64 = 0

    /// The other end of the socket; of an open WebSocket, the client that a trusted proxy names.
    var address = PeerAddress.local
    var greeting: Greeting?
    var deflate: DeflateSession?
    var transport: Transport?

    init(generation: UInt32) {
        self.generation = generation
        unsafe tailBlock = nil
    }

    /// Whether the peer's input is still wanted from the socket.
    var reads: Bool { flags.isDisjoint(with: [.paused, .throttled, .inputEnded]) }
}

typealias ConnectionPointer = UnsafeMutablePointer<Connection>
