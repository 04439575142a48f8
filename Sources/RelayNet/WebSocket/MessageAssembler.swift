/// The message that is still arriving: its kind and the bytes so far.
///
/// Holds memory only between a message's first piece and its delivery, and never more than about twice what the peer
/// has really sent: an announced length reserves nothing.
struct MessageAssembler: ~Copyable {
    private(set) var bytes = ByteQueue()
    private(set) var kind = MessageKind.binary
    private(set) var isActive = false
    private(set) var isCompressed = false
    private var text = UTF8Stream()

    /// The size so far, nil when no message has begun.
    var held: Int? { isActive ? bytes.count : nil }

    mutating func begin(_ kind: MessageKind, compressed: Bool) {
        self.kind = kind
        isActive = true
        isCompressed = compressed
        text = UTF8Stream()
    }

    /// Takes the next piece; false when a text has stopped being UTF-8. Compressed text is checked once inflated.
    mutating func append(_ piece: RawSpan) -> Bool {
        if kind == .text, !isCompressed, !text.accepts(piece) { return false }
        bytes.append(piece)
        return true
    }

    /// Whether the message may end here: not in the middle of a character.
    var mayEnd: Bool { kind == .binary || isCompressed || text.isComplete }

    mutating func take() -> ByteQueue {
        var taken = ByteQueue()
        swap(&taken, &bytes)
        isActive = false
        return taken
    }
}
