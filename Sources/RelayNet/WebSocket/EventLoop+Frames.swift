/// An open WebSocket's input: messages go up in batches, control frames are answered here.
extension EventLoop {
    /// Reads the frames in the read buffer and answers how far it came. Each time the handler was called the connection
    /// may be another: closing, or gone. Then the rest of the input is nobody's.
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
                    guard unsafe handOver(slot, connection, bytes.bytes, &handler) else { return end }
                    unsafe refuse(slot, Violation(.invalidPayload, "text is not UTF-8"))
                    return end
                }
                if rangeCount == Self.maxRanges {
                    guard unsafe handOver(slot, connection, bytes.bytes, &handler) else { return end }
                }
                guard cursor < end else { break }
            }
            let event = unsafe slot.pointee.parser.next(in: &bytes, at: &cursor, under: rules)
            if case .message(let kind, let offset, let length) = event {
                note(MessageRange(offset: Int32(offset), length: Int32(length), kind: kind))
                if rangeCount < Self.maxRanges { continue }
            }
            guard unsafe handOver(slot, connection, bytes.bytes, &handler) else { return end }
            switch event {
            case .message, .pong: break
            case .starved: return cursor
            case .assembled:
                guard unsafe handOverAssembled(slot, connection, &handler) else { return end }
            case .ping(let offset, let length):
                unsafe answer(ping: bytes.bytes.part(offset, length), on: slot)
                guard unsafe readsFrames(slot) else { return end }
            case .close(let offset, let length):
                unsafe peerCloses(slot, bytes.bytes.part(offset, length))
                return end
            case .violation(let violation):
                unsafe refuse(slot, violation)
                return end
            }
        }
        return unsafe handOver(slot, connection, bytes.bytes, &handler) ? cursor : end
    }

    /// Whether frames of the connection still mean something: while it is open, and while its Close frame is awaited.
    private func readsFrames(_ slot: ConnectionPointer) -> Bool {
        unsafe slot.pointee.phase == .open || slot.pointee.phase == .closing
    }

    private func note(_ range: MessageRange) {
        unsafe (ranges + rangeCount).initialize(to: range)
        rangeCount &+= 1
    }

    /// Gives the noted messages to the handler; answers whether to read on.
    private func handOver<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ bytes: RawSpan, _ handler: inout Handler
    ) -> Bool {
        guard rangeCount > 0 else { return true }
        let count = rangeCount
        rangeCount = 0
        if unsafe slot.pointee.phase == .open {
            tally.messagesIn &+= UInt64(count)
            let list = unsafe Span(_unsafeStart: ranges, count: count)
            handler.received(MessageBatch(bytes: bytes, ranges: list), from: connection, on: self)
        }
        return unsafe readsFrames(slot)
    }

    /// Gives the assembled message to the handler. Its bytes are taken out of the connection first, because the handler
    /// may end the connection while it reads them.
    private func handOverAssembled<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) -> Bool {
        let kind = unsafe slot.pointee.parser.assembler.kind
        let isCompressed = unsafe slot.pointee.parser.assembler.isCompressed
        let message = unsafe slot.pointee.parser.takeMessage()
        guard unsafe slot.pointee.phase == .open else { return true }
        guard isCompressed else { return unsafe handOver(slot, connection, message.bytes, kind, &handler) }
        guard let deflate = unsafe slot.pointee.deflate else { return true }
        switch deflate.inflate(message.bytes, kind, limit: limits.maxMessageBytes) {
        case .failure(let violation):
            unsafe refuse(slot, violation)
            return false
        case .success(let inflated):
            return unsafe handOver(slot, connection, inflated.bytes, kind, &handler)
        }
    }

    private func handOver<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ message: RawSpan, _ kind: MessageKind,
        _ handler: inout Handler
    ) -> Bool {
        note(MessageRange(offset: 0, length: Int32(message.byteCount), kind: kind))
        return unsafe handOver(slot, connection, message, &handler)
    }

    /// Pongs are output like any other: a peer that pings without reading comes to its bound.
    private func answer(ping payload: RawSpan, on slot: ConnectionPointer) {
        guard unsafe slot.pointee.phase == .open else { return }
        unsafe sendControl(.pong, payload, on: slot)
        if unsafe slot.pointee.pending > limits.laggingMark { unsafe overMark(slot) }
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

    /// Asks a silent peer for a sign of life; any byte that comes back is one.
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
        if violation.code == .messageTooBig {
            if violation.isInflated { tally.overInflated &+= 1 } else { tally.tooLong &+= 1 }
        }
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
