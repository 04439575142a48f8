/// Encoding a frame once and handing it to those who get it.
extension EventLoop {
    // MARK: Frames

    /// Encodes one message of at most `capacity` payload bytes: `encode` fills the span and answers how much it used,
    /// or nil to give up; it must not call the loop. The result is good until the turn ends.
    package func frame(
        _ kind: MessageKind, capacity: Int, _ encode: (inout MutableRawSpan) -> Int?
    ) -> FrameRange? {
        let header = FrameHeader.serverBytes(for: capacity)
        let start = unsafe arena.reserve(header + capacity)
        var payload = unsafe MutableRawSpan(_unsafeStart: start + header, byteCount: capacity)
        guard let count = encode(&payload) else { return nil }
        precondition(count >= 0 && count <= capacity, "a message must fit what was reserved for it")
        let needed = FrameHeader.serverBytes(for: count)
        // Ranges only coalesce without a gap, so a shorter header pulls its payload forward.
        if needed < header { unsafe (start + needed).copyMemory(from: start + header, byteCount: count) }
        return unsafe seal(kind, start, needed, count)
    }

    /// Frames a message that already exists as bytes.
    package func frame(_ kind: MessageKind, _ message: RawSpan) -> FrameRange {
        let count = message.byteCount
        let header = FrameHeader.serverBytes(for: count)
        let start = unsafe arena.reserve(header + count)
        unsafe message.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress { unsafe (start + header).copyMemory(from: source, byteCount: count) }
        }
        return unsafe seal(kind, start, header, count)
    }

    /// Frames all messages of a batch, one behind the other, as one range.
    package func frames(_ messages: MessageBatch) -> FrameRange {
        var total = 0
        for index in 0..<messages.count {
            let length = Int(messages.ranges[index].length)
            total &+= length &+ FrameHeader.serverBytes(for: length)
        }
        let start = unsafe arena.reserve(total)
        var position = 0
        unsafe messages.bytes.withUnsafeBytes { bytes in
            for index in 0..<messages.count {
                let range = messages.ranges[index]
                let length = Int(range.length)
                let header = FrameHeader.serverBytes(for: length)
                unsafe FrameHeader.write(0x80 | range.kind.rawValue, length, header, at: start + position)
                if let source = bytes.baseAddress {
                    unsafe (start + position + header).copyMemory(from: source + Int(range.offset), byteCount: length)
                }
                position &+= header &+ length
            }
        }
        bytesSinceFlush &+= position
        framesSinceFlush &+= messages.count
        return arena.commit(position)
    }

    @inline(__always)
    private func seal(
        _ kind: MessageKind, _ start: UnsafeMutableRawPointer, _ header: Int, _ count: Int
    ) -> FrameRange {
        unsafe FrameHeader.write(0x80 | kind.rawValue, count, header, at: start)
        bytesSinceFlush &+= header &+ count
        framesSinceFlush &+= 1
        return arena.commit(header &+ count)
    }

    // MARK: Delivery

    /// Hands one frame to many connections, by index; those that are not open are passed over. With `conflatable` a
    /// lagging one is not queued for but appended to `skipped`, so that the caller can remember what it missed.
    package func deliver(
        _ range: FrameRange, to targets: Span<ConnectionIndex>, conflatable: Bool, skipped: inout [ConnectionIndex]
    ) {
        precondition(range.turn == arena.turn, "a frame is delivered in the turn it was made in")
        let mark = limits.laggingMark
        for position in targets.indices {
            let index = targets[position]
            guard let slot = unsafe table.slot(index), unsafe slot.pointee.phase == .open else { continue }
            if conflatable, unsafe slot.pointee.flags.contains(.lagging) {
                tally.skippedLagging &+= 1
                skipped.append(index)
                continue
            }
            unsafe append(range, slot, index)
            if unsafe slot.pointee.pending > mark { unsafe overMark(slot) }
        }
    }

    /// Hands a frame to many connections, whatever they lag.
    package func deliver(_ range: FrameRange, to targets: Span<ConnectionIndex>) {
        var nobody: [ConnectionIndex] = []
        deliver(range, to: targets, conflatable: false, skipped: &nobody)
    }

    /// Queues a frame for one connection; false when it is not open any more.
    @discardableResult
    package func send(_ range: FrameRange, to connection: ConnectionID) -> Bool {
        precondition(range.turn == arena.turn, "a frame is sent in the turn it was made in")
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return false }
        unsafe append(range, slot, connection.index)
        if unsafe slot.pointee.pending > limits.laggingMark { unsafe overMark(slot) }
        return true
    }

    /// Queues all messages of a batch for one connection; false when it is not open any more.
    @discardableResult
    package func send(_ messages: MessageBatch, to connection: ConnectionID) -> Bool {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return false }
        if unsafe slot.pointee.deflate == nil { return send(frames(messages), to: connection) }
        var isOpen = true
        for index in 0..<messages.count where isOpen {
            isOpen = send(messages.kind(at: index), messages[index], to: connection)
        }
        return isOpen
    }

    /// Queues a message for one connection, compressed when that was agreed on; false when it is not open any more.
    @discardableResult
    package func send(_ kind: MessageKind, _ message: RawSpan, to connection: ConnectionID) -> Bool {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return false }
        let count = message.byteCount
        if count < 126, unsafe slot.pointee.deflate == nil {
            let start = unsafe arena.reserve(count &+ 2)
            unsafe start.storeBytes(
                of: (0x80 | UInt16(kind.rawValue) | UInt16(truncatingIfNeeded: count) << 8).littleEndian,
                as: UInt16.self)
            unsafe message.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress { unsafe (start + 2).copyMemory(from: source, byteCount: count) }
            }
            bytesSinceFlush &+= count &+ 2
            framesSinceFlush &+= 1
            unsafe append(arena.commit(count &+ 2), slot, connection.index)
        } else {
            unsafe append(largeFrame(kind, message, for: slot), slot, connection.index)
        }
        if unsafe slot.pointee.pending > limits.laggingMark { unsafe overMark(slot) }
        return true
    }

    private func largeFrame(_ kind: MessageKind, _ message: RawSpan, for slot: ConnectionPointer) -> FrameRange {
        if let deflate = unsafe slot.pointee.deflate, let range = frame(kind, message, by: deflate) { return range }
        return frame(kind, message)
    }

    /// Frames a message as permessage-deflate has it; nil when that would not make it smaller.
    private func frame(_ kind: MessageKind, _ message: RawSpan, by deflate: DeflateSession) -> FrameRange? {
        guard let compressed = deflate.deflate(message) else { return nil }
        defer { deflate.releaseDeflated() }
        let header = FrameHeader.serverBytes(for: compressed)
        let start = unsafe arena.reserve(header + compressed)
        guard let source = unsafe deflate.deflated.baseAddress else { return nil }
        unsafe (start + header).copyMemory(from: source, byteCount: compressed)
        unsafe FrameHeader.write(0xC0 | kind.rawValue, compressed, header, at: start)
        bytesSinceFlush &+= header &+ compressed
        framesSinceFlush &+= 1
        return arena.commit(header + compressed)
    }

    /// Bytes that wait for a connection's socket.
    package func pendingBytes(of connection: ConnectionID) -> Int {
        guard let slot = unsafe table.find(connection) else { return 0 }
        return unsafe slot.pointee.pending
    }

    package func isLagging(_ connection: ConnectionID) -> Bool {
        guard let slot = unsafe table.find(connection) else { return false }
        return unsafe slot.pointee.flags.contains(.lagging)
    }

    package func isOpen(_ connection: ConnectionID) -> Bool {
        guard let slot = unsafe table.find(connection) else { return false }
        return unsafe slot.pointee.phase == .open
    }

    /// Asks for one `drained` as soon as no more than the drained mark waits.
    package func tellWhenDrained(_ connection: ConnectionID) {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return }
        unsafe slot.pointee.flags.insert(.tellsWhenDrained)
        if unsafe slot.pointee.pending <= limits.drainedMark { unsafe revisitLater(slot) }
    }

    /// Queues bytes as they are: those of a raw connection, or messages that were framed by `appendFrame`. False when it
    /// is not open any more.
    @discardableResult
    package func send(bytes: RawSpan, to connection: ConnectionID) -> Bool {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return false }
        unsafe queueBytes(bytes, on: slot)
        if unsafe slot.pointee.pending > limits.laggingMark { unsafe overMark(slot) }
        return true
    }

    // MARK: The queue

    func queueBytes(_ bytes: RawSpan, on slot: ConnectionPointer) {
        guard bytes.byteCount > 0 else { return }
        let start = unsafe arena.reserve(bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { unsafe start.copyMemory(from: base, byteCount: source.count) }
        }
        bytesSinceFlush &+= bytes.byteCount
        framesSinceFlush &+= 1
        unsafe queue(arena.commit(bytes.byteCount), on: slot)
    }

    func queue(_ range: FrameRange, on slot: ConnectionPointer) {
        unsafe append(range, slot, table.id(of: slot).index)
    }

    @inline(__always)
    private func append(_ range: FrameRange, _ slot: ConnectionPointer, _ index: ConnectionIndex) {
        if unsafe slot.pointee.tailBlock == range.block
            && slot.pointee.tailOffset &+ slot.pointee.tailLength == range.offset
        {
            unsafe slot.pointee.tailLength &+= range.length
        } else {
            unsafe push(range, slot)
        }
        unsafe slot.pointee.pending &+= Int(range.length)
        if unsafe !slot.pointee.flags.contains(.dirty) {
            unsafe slot.pointee.flags.insert(.dirty)
            unsafe dirty[dirtyCount] = index
            dirtyCount &+= 1
        }
    }

    private func push(_ range: FrameRange, _ slot: ConnectionPointer) {
        if let block = unsafe slot.pointee.tailBlock {
            if unsafe slot.pointee.earlier.isFull {
                unsafe copyOut(slot)
            } else {
                unsafe slot.pointee.earlier.append(
                    OutboundRange(block: block, offset: slot.pointee.tailOffset, length: slot.pointee.tailLength))
            }
        }
        unsafe range.block.pointee.references += 1
        unsafe slot.pointee.tailBlock = range.block
        unsafe slot.pointee.tailOffset = range.offset
        unsafe slot.pointee.tailLength = range.length
    }

    /// More than the low mark waits. A socket that has room takes it now; otherwise the peer lags, and beyond the
    /// bound it has to go.
    func overMark(_ slot: ConnectionPointer) {
        unsafe transmit(slot)
        guard unsafe slot.pointee.phase == .open, unsafe slot.pointee.pending > limits.laggingMark else { return }
        unsafe slot.pointee.flags.insert(.lagging)
        if limits.pausesLagging, unsafe !slot.pointee.flags.contains(.throttled) {
            unsafe slot.pointee.flags.insert(.throttled)
            unsafe updateInterest(slot)
        }
        if unsafe slot.pointee.pending > limits.maxPendingBytes { unsafe cutOverflowing(slot) }
    }
}

extension [UInt8] {
    /// Appends a message as one frame from a server, for those who are sent several at once later.
    package mutating func appendFrame(_ kind: MessageKind, _ message: RawSpan) {
        let count = message.byteCount
        let header = FrameHeader.serverBytes(for: count)
        append(addingCapacity: header &+ count) { output in
            unsafe output.withUnsafeMutableBufferPointer { room, filled in
                guard let start = UnsafeMutableRawPointer(room.baseAddress) else { return }
                unsafe FrameHeader.write(0x80 | kind.rawValue, count, header, at: start)
                unsafe message.withUnsafeBytes { bytes in
                    if let source = bytes.baseAddress {
                        unsafe (start + header).copyMemory(from: source, byteCount: count)
                    }
                }
                filled = header &+ count
            }
        }
    }
}
