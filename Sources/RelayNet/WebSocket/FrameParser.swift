/// What the next frames of a peer amount to. Ranges lie in the bytes the parser was given, unmasked.
enum FrameEvent {
    /// Nothing more can be said before more bytes arrive; those from the cursor on must be presented again.
    case starved
    /// A whole message that arrived in one frame.
    case message(MessageKind, offset: Int, length: Int)
    /// A whole message that lies in the assembler, until `takeMessage`.
    case assembled
    case ping(offset: Int, length: Int)
    case pong
    case close(offset: Int, length: Int)
    case violation(Violation)
}

/// Cuts a client's byte stream into messages and control frames (RFC 6455 §5), unmasking in place.
///
/// A message that is complete in the bytes at hand is never copied. Of one that is not, the bytes are taken as they
/// come: checked, unmasked and moved to the assembler; so at most an incomplete header or control frame (139 bytes)
/// is left over. Pure: knows no socket, so tests and the fuzzer drive the same code as the server.
struct FrameParser: ~Copyable {
    private(set) var assembler = MessageAssembler()
    /// Payload bytes of the current data frame that have not arrived.
    private var remaining = 0
    /// The mask as it applies to the next of them.
    private var mask: UInt32 = 0
    private var frameIsLast = false

    /// No frame or message is in progress.
    var isAtRest: Bool { remaining == 0 && !assembler.isActive }

    /// Hands out the assembled message and makes room for the next.
    mutating func takeMessage() -> ByteQueue { assembler.take() }

    private func text(_ bytes: RawSpan, _ start: Int, _ length: Int) -> FrameEvent {
        var check = UTF8Stream()
        guard check.accepts(bytes.part(start, length)), check.isComplete else {
            return .violation(Violation(.invalidPayload, "text is not UTF-8"))
        }
        return .message(.text, offset: start, length: length)
    }

    /// Reads the next frame, or the next piece of one.
    mutating func next(
        in bytes: inout MutableRawSpan, at cursor: inout Int, under rules: FrameRules
    ) -> FrameEvent {
        while true {
            if remaining > 0 {
                let count = min(remaining, bytes.byteCount - cursor)
                guard count > 0 else { return .starved }
                if let event = take(count, from: &bytes, &cursor) { return event }
                continue
            }
            let available = bytes.byteCount - cursor
            let header: FrameHeader
            switch FrameHeader.read(bytes.bytes.part(cursor, available), continuing: assembler.held, under: rules) {
            case .incomplete: return .starved
            case .violation(let violation): return .violation(violation)
            case .header(let read): header = read
            }
            let isWhole = available - header.count >= header.length
            let start = cursor + header.count
            switch header.opcode {
            case .ping, .pong, .close:
                guard isWhole else { return .starved }
                bytes.unmask(start, header.length, with: header.mask)
                cursor = start + header.length
                switch header.opcode {
                case .ping: return .ping(offset: start, length: header.length)
                case .close: return .close(offset: start, length: header.length)
                default: return .pong
                }
            case .text, .binary:
                let kind: MessageKind = header.opcode == .text ? .text : .binary
                if isWhole, header.isLast, !header.isCompressed {
                    bytes.unmask(start, header.length, with: header.mask)
                    cursor = start + header.length
                    if kind == .text { return text(bytes.bytes, start, header.length) }
                    return .message(kind, offset: start, length: header.length)
                }
                assembler.begin(kind, compressed: header.isCompressed)
            case .continuation: break
            }
            cursor = start
            remaining = header.length
            mask = header.mask
            frameIsLast = header.isLast
            if remaining == 0, let event = endOfFrame() { return event }
        }
    }

    /// Moves the next `count` bytes of the current frame to the assembler.
    private mutating func take(
        _ count: Int, from bytes: inout MutableRawSpan, _ cursor: inout Int
    ) -> FrameEvent? {
        mask = bytes.unmask(cursor, count, with: mask)
        guard assembler.append(bytes.bytes.part(cursor, count)) else {
            return .violation(Violation(.invalidPayload, "text is not UTF-8"))
        }
        cursor += count
        remaining -= count
        return remaining == 0 ? endOfFrame() : nil
    }

    private func endOfFrame() -> FrameEvent? {
        guard frameIsLast else { return nil }
        guard assembler.mayEnd else { return .violation(Violation(.invalidPayload, "text ends inside a character")) }
        return .assembled
    }
}
