/// An open WebSocket's input: messages go up in batches, control frames are answered here.
extension EventLoop {
    /// Reads the frames in the read buffer and answers how far it came.
    func readFrames<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, from start: Int, to end: Int, _ handler: inout Handler
    ) -> Int {
        var bytes = unsafe MutableRawSpan(_unsafeStart: readBuffer, byteCount: end)
        var cursor = start
        let rules = unsafe FrameRules(
            maxMessageBytes: limits.maxMessageBytes, allowsCompression: slot.pointee.deflate != nil)
        rangeCount = 0
        while cursor < end {
            if unsafe slot.pointee.parser.isAtRest {
                var badText = false
                rangeCount &+= unsafe bytes.scanMessages(
                    from: &cursor, upTo: limits.maxMessageBytes, into: ranges + rangeCount,
                    room: Self.maxRanges - rangeCount, badText: &badText)
                if badText {
                    unsafe handOver(slot, connection, bytes.bytes, &handler)
                    unsafe refuse(slot, Violation(.invalidPayload, "text is not UTF-8"))
                    return end
                }
                if rangeCount == Self.maxRanges { unsafe handOver(slot, connection, bytes.bytes, &handler) }
                guard cursor < end else { break }
            }
            switch unsafe slot.pointee.parser.next(in: &bytes, at: &cursor, under: rules) {
            case .message(let kind, let offset, let length):
                unsafe (ranges + rangeCount).initialize(
                    to: MessageRange(
                        offset: Int32(truncatingIfNeeded: offset), length: Int32(truncatingIfNeeded: length), kind: kind
                    ))
                rangeCount &+= 1
                if rangeCount == Self.maxRanges { unsafe handOver(slot, connection, bytes.bytes, &handler) }
                if unsafe slot.pointee.phase == .open { continue }
            case .starved:
                unsafe handOver(slot, connection, bytes.bytes, &handler)
                return cursor
            case .assembled:
                unsafe handOver(slot, connection, bytes.bytes, &handler)
                unsafe handOverAssembled(slot, connection, &handler)
            case .ping(let offset, let length):
                unsafe handOver(slot, connection, bytes.bytes, &handler)
                if unsafe slot.pointee.phase == .open {
                    unsafe sendControl(.pong, bytes.bytes.part(offset, length), on: slot)
                }
            case .pong: break
            case .close(let offset, let length):
                unsafe handOver(slot, connection, bytes.bytes, &handler)
                unsafe peerCloses(slot, bytes.bytes.part(offset, length))
                return end
            case .violation(let violation):
                unsafe handOver(slot, connection, bytes.bytes, &handler)
                unsafe refuse(slot, violation)
                return end
            }
            // A handler may have closed the connection, or it may be ours that closes: then only the peer's Close counts.
            switch unsafe slot.pointee.phase {
            case .open, .closing: break
            default: return end
            }
        }
        unsafe handOver(slot, connection, bytes.bytes, &handler)
        return cursor
    }

    private func handOver<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ bytes: RawSpan, _ handler: inout Handler
    ) {
        guard rangeCount > 0 else { return }
        let count = rangeCount
        rangeCount = 0
        guard unsafe slot.pointee.phase == .open else { return }
        tally.messagesIn &+= UInt64(count)
        unsafe slot.pointee.lastData = now / 1_000_000
        let list = unsafe Span(_unsafeStart: ranges, count: count)
        handler.received(MessageBatch(bytes: bytes, ranges: list), from: connection, on: self)
    }

    private func handOverAssembled<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        defer { unsafe slot.pointee.parser.finishMessage() }
        guard unsafe slot.pointee.phase == .open else { return }
        let kind = unsafe slot.pointee.parser.assembler.kind
        if unsafe slot.pointee.parser.assembler.isCompressed {
            guard let deflate = unsafe slot.pointee.deflate else { return }
            switch unsafe deflate.inflate(
                slot.pointee.parser.assembler.bytes.bytes, kind, limit: limits.maxMessageBytes)
            {
            case .failure(let violation): unsafe refuse(slot, violation)
            case .success:
                unsafe handOver(slot, connection, RawSpan(_unsafeBytes: deflate.inflated), kind, &handler)
                deflate.releaseInflated()
            }
        } else {
            unsafe handOver(
                slot, connection, RawSpan(_unsafeBytes: slot.pointee.parser.assembler.bytes.buffer), kind, &handler)
        }
    }

    private func handOver<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ message: RawSpan, _ kind: MessageKind,
        _ handler: inout Handler
    ) {
        unsafe ranges.initialize(
            to: MessageRange(offset: 0, length: Int32(truncatingIfNeeded: message.byteCount), kind: kind))
        rangeCount = 1
        unsafe handOver(slot, connection, message, &handler)
    }

    /// Queues a control frame; its payload is at most 125 bytes.
    func sendControl(_ opcode: FrameHeader.Opcode, _ payload: RawSpan, on slot: ConnectionPointer) {
        let count = min(payload.byteCount, FrameHeader.maxControlBytes)
        let frame = unsafe arena.reserve(2 + count)
        unsafe frame.storeBytes(of: 0x80 | opcode.rawValue, as: UInt8.self)
        unsafe frame.storeBytes(of: UInt8(count), toByteOffset: 1, as: UInt8.self)
        unsafe payload.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { unsafe (frame + 2).copyMemory(from: start, byteCount: count) }
        }
        unsafe queue(arena.commit(2 + count), on: slot)
    }

    /// A batch's owner pings when the peer has been silent; any byte that comes back counts as an answer.
    func sendPing(on slot: ConnectionPointer) {
        let nothing = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: nil, count: 0))
        unsafe sendControl(.ping, nothing, on: slot)
    }

    /// The peer's Close frame: answered with its own code, then TCP is closed by us (RFC 6455 §5.5.1, §7.1.1).
    private func peerCloses(_ slot: ConnectionPointer, _ payload: RawSpan) {
        switch CloseFrame.code(of: payload) {
        case .failure(let violation): unsafe refuse(slot, violation)
        case .success(let code):
            if unsafe slot.pointee.phase == .open {
                unsafe end(slot, Closure(.peer, code ?? .none))
                unsafe sendControl(.close, payload.part(0, code == nil ? 0 : 2), on: slot)
                unsafe slot.pointee.flags.insert(.closeSent)
            }
            unsafe finishSending(slot)
        }
    }

    /// Fails the connection (RFC 6455 §7.1.7): says why, and closes without waiting for an answer.
    private func refuse(_ slot: ConnectionPointer, _ violation: Violation) {
        tally.violations &+= 1
        if unsafe slot.pointee.phase == .open {
            unsafe end(slot, Closure(.violation, violation.code))
            unsafe sendClose(violation.code, violation.reason.description, on: slot)
        }
        unsafe finishSending(slot)
    }

    func sendClose(_ code: CloseCode, _ reason: String, on slot: ConnectionPointer) {
        guard unsafe slot.pointee.flags.insert(.closeSent).inserted else { return }
        let payload = CloseFrame.payload(code, reason)
        unsafe payload.withUnsafeBytes { bytes in
            unsafe sendControl(.close, RawSpan(_unsafeBytes: bytes), on: slot)
        }
    }
}
