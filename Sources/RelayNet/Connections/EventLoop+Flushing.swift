import CLinux
import Glibc

/// From the queues to the sockets: one `send` or `sendmsg` per dirty connection, behind `flushDirty`.
///
/// A send costs about 4 µs whatever it carries, so when it is worth it output is gathered: a flush that will touch many
/// sockets, while new output for the same ones keeps coming, waits until as much time has passed since the last one as
/// it is likely to take twice over, and never longer than the flush interval. A quiet loop, one that answers few peers,
/// and one whose output goes to others each time, sends at the end of the turn.
extension EventLoop {
    private static let gatheredPerConnection: UInt64 = 10_000
    private static let worthGathering: UInt64 = 50_000
    /// So much output makes a send worth its price.
    private static let enoughBytes = 128 * 1024
    private static let enoughFrames = 64

    var flushDueAt: UInt64 {
        // Output that comes once per interval or less often gains nothing by waiting for more.
        guard outputGap < timing.flush / 4 * 3, returning >= 128 else { return lastFlush }
        let gather = min(timing.flush, UInt64(dirtyCount) * Self.gatheredPerConnection)
        return gather < Self.worthGathering ? lastFlush : lastFlush + gather
    }

    var isFlushDue: Bool {
        // A slot that is about to be given back may be in the list; its next user must not be.
        if bytesSinceFlush > Self.enoughBytes || framesSinceFlush > Self.enoughFrames || !vacated.isEmpty {
            return true
        }
        let due = flushDueAt
        if now >= due { return true }
        now = clinux_monotonic()
        return now >= due
    }

    /// Keeps a running average of the time between turns that make output.
    func noteOutput() {
        guard arena.bytesThisTurn > 0 else { return }
        let gap = min(now &- lastOutput, 10 * timing.flush)
        outputGap = (outputGap * 7 + gap) / 8
        lastOutput = now
    }

    func flushDirty() {
        tally.flushes &+= 1
        lastFlush = now
        bytesSinceFlush = 0
        framesSinceFlush = 0
        let stamp = UInt32(truncatingIfNeeded: now >> 10)
        let shortly = UInt32(truncatingIfNeeded: timing.flush >> 9)
        var regulars = 0
        // Sending may queue more, such as a Close frame, so the end is looked at each time.
        var position = 0
        while position < dirtyCount {
            if let slot = unsafe table.slot(dirty[position]) {
                unsafe slot.pointee.flags.remove(.dirty)
                if unsafe stamp &- slot.pointee.lastFlush <= shortly { regulars &+= 1 }
                unsafe slot.pointee.lastFlush = stamp
                unsafe transmit(slot)
                if unsafe slot.pointee.flags.contains(.awaitsRoom) && slot.pointee.tailBlock != nil {
                    unsafe copyOut(slot)
                }
            }
            position &+= 1
        }
        if dirtyCount > 0 { returning = (returning * 7 + regulars * 256 / dirtyCount) / 8 }
        dirtyCount = 0
    }

    /// Sends what waits, as far as the socket takes it.
    func transmit(_ slot: ConnectionPointer) {
        guard unsafe slot.pointee.pending > 0, unsafe slot.pointee.flags.isDisjoint(with: .awaitsRoom) else { return }
        if unsafe slot.pointee.transport != nil { return unsafe transmitEncoded(slot) }
        let sent: Int
        if unsafe slot.pointee.backlog.isEmpty && slot.pointee.earlier.count == 0 {
            guard let block = unsafe slot.pointee.tailBlock else { return }
            sent = unsafe clinux_send(
                slot.pointee.descriptor, block.pointee.bytes + Int(slot.pointee.tailOffset),
                Int(slot.pointee.tailLength))
        } else {
            sent = unsafe sendGathered(slot)
        }
        tally.sends &+= 1
        if sent < 0 && sent != -SystemError.wouldBlock { return unsafe drop(slot, Closure(.lost, .abnormal)) }
        if unsafe sent == slot.pointee.pending {
            tally.bytesOut &+= UInt64(sent)
            unsafe releaseOutput(slot)
            unsafe allSent(slot)
        } else {
            unsafe copyOut(slot)
            unsafe taken(max(0, sent), of: slot)
            unsafe waitForRoom(slot)
        }
    }

    /// Through a transport: one contiguous buffer, because each call makes a record of its own.
    private func transmitEncoded(_ slot: ConnectionPointer) {
        unsafe copyOut(slot)
        while unsafe slot.pointee.pending > 0 {
            guard let transport = unsafe slot.pointee.transport else { return }
            let sent = unsafe transport.send(slot.pointee.descriptor, slot.pointee.backlog.buffer)
            tally.sends &+= 1
            if sent == -SystemError.wouldBlock { return unsafe waitForRoom(slot) }
            guard sent > 0 else { return unsafe drop(slot, Closure(.lost, .abnormal)) }
            unsafe taken(sent, of: slot)
        }
        unsafe allSent(slot)
    }

    private func sendGathered(_ slot: ConnectionPointer) -> Int {
        var count = 0
        func add(_ start: UnsafeMutableRawPointer?, _ length: Int) {
            unsafe (vector + count).initialize(to: iovec(iov_base: start, iov_len: length))
            count += 1
        }
        if unsafe !slot.pointee.backlog.isEmpty {
            let waiting = unsafe slot.pointee.backlog.buffer
            unsafe add(UnsafeMutableRawPointer(mutating: waiting.baseAddress), waiting.count)
        }
        for index in 0..<(unsafe slot.pointee.earlier.count) {
            let range = unsafe slot.pointee.earlier[index]
            unsafe add(range.block.pointee.bytes + Int(range.offset), Int(range.length))
        }
        if let block = unsafe slot.pointee.tailBlock {
            unsafe add(block.pointee.bytes + Int(slot.pointee.tailOffset), Int(slot.pointee.tailLength))
        }
        return unsafe clinux_send_vector(slot.pointee.descriptor, vector, Int32(count))
    }

    /// The socket took bytes that all lie in the backlog by now.
    private func taken(_ count: Int, of slot: ConnectionPointer) {
        guard count > 0 else { return }
        unsafe slot.pointee.backlog.consume(count)
        unsafe slot.pointee.pending -= count
        unsafe slot.pointee.lastProgress = now / 1_000_000
        tally.bytesOut &+= UInt64(count)
    }

    /// Moves the ranges into the connection's own memory, so that a slow peer never holds arena blocks.
    func copyOut(_ slot: ConnectionPointer) {
        for index in 0..<(unsafe slot.pointee.earlier.count) {
            let range = unsafe slot.pointee.earlier[index]
            unsafe slot.pointee.backlog.append(
                UnsafeRawBufferPointer(start: range.block.pointee.bytes + Int(range.offset), count: Int(range.length)))
        }
        if let block = unsafe slot.pointee.tailBlock {
            unsafe slot.pointee.backlog.append(
                UnsafeRawBufferPointer(
                    start: block.pointee.bytes + Int(slot.pointee.tailOffset), count: Int(slot.pointee.tailLength)))
        }
        unsafe releaseRanges(slot)
    }

    private func releaseRanges(_ slot: ConnectionPointer) {
        if unsafe slot.pointee.earlier.count > 0 {
            for index in 0..<(unsafe slot.pointee.earlier.count) {
                unsafe arena.release(slot.pointee.earlier[index].block)
            }
            unsafe slot.pointee.earlier.clear()
        }
        if let block = unsafe slot.pointee.tailBlock {
            unsafe arena.release(block)
            unsafe slot.pointee.tailBlock = nil
        }
    }

    /// Forgets all output.
    func releaseOutput(_ slot: ConnectionPointer) {
        unsafe releaseRanges(slot)
        if unsafe !slot.pointee.backlog.isEmpty { unsafe slot.pointee.backlog.reset() }
        unsafe slot.pointee.pending = 0
    }

    private func waitForRoom(_ slot: ConnectionPointer) {
        guard unsafe slot.pointee.flags.insert(.awaitsRoom).inserted else { return }
        unsafe slot.pointee.lastProgress = now / 1_000_000
        unsafe updateInterest(slot)
        unsafe rearm(slot)
    }

    private func allSent(_ slot: ConnectionPointer) {
        if unsafe slot.pointee.phase == .finishing {
            unsafe linger(slot)
        } else if unsafe !slot.pointee.flags.isDisjoint(with: [.lagging, .tellsWhenDrained]) {
            unsafe revisitLater(slot)
        }
    }

    /// epoll says that the socket takes output again.
    func roomToSend<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        unsafe slot.pointee.flags.remove(.awaitsRoom)
        unsafe transmit(slot)
        guard unsafe slot.pointee.phase != .vacant else { return }
        unsafe updateInterest(slot)
        unsafe tellIfDrained(slot, connection, &handler)
    }

    func tellIfDrained<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        guard unsafe slot.pointee.phase == .open, unsafe slot.pointee.pending <= limits.drainedMark,
            unsafe !slot.pointee.flags.isDisjoint(with: [.lagging, .tellsWhenDrained])
        else { return }
        unsafe slot.pointee.flags.subtract([.lagging, .tellsWhenDrained])
        if unsafe slot.pointee.flags.contains(.throttled) {
            unsafe slot.pointee.flags.remove(.throttled)
            unsafe updateInterest(slot)
            if unsafe !slot.pointee.carry.isEmpty { unsafe revisitLater(slot) }
        }
        handler.drained(connection, on: self)
    }
}
