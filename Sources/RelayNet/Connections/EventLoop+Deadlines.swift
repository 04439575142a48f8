/// What time does to connections. Each has at most one timer in the wheel, set to the earliest thing that may be due;
/// activity only moves time stamps, and a timer that fires early is set again.
extension EventLoop {
    /// Makes sure that the connection is looked at when it should be.
    func rearm(_ slot: ConnectionPointer) {
        guard let due = unsafe nextDue(slot) else { return }
        if unsafe slot.pointee.timer != .none {
            if unsafe slot.pointee.timerAt <= due { return }
            unsafe deadlines.cancel(slot.pointee.timer)
        }
        unsafe slot.pointee.timer = deadlines.set(table.id(of: slot).token, at: due)
        unsafe slot.pointee.timerAt = due
    }

    private func nextDue(_ slot: ConnectionPointer) -> UInt64? {
        let since = unsafe slot.pointee.since
        switch unsafe slot.pointee.phase {
        case .vacant: return nil
        case .greeting: return since + timing.handshake
        case .closing: return since + timing.close
        case .finishing:
            // A peer that takes the rest byte by byte does not hold it for ever.
            return unsafe min(max(since, slot.pointee.lastProgress) + timing.close, since + timing.stall)
        case .lingering: return since + timing.linger
        case .open: break
        }
        var due = UInt64.max
        if unsafe slot.pointee.flags.contains(.awaitsRoom) { due = unsafe slot.pointee.lastProgress + timing.stall }
        switch unsafe slot.pointee.role {
        case .webSocket:
            due = unsafe min(due, max(since, slot.pointee.lastHeard) + timing.ping)
            if let idle = timing.idle { due = unsafe min(due, slot.pointee.lastHeard + idle) }
        case .bytes:
            if unsafe slot.pointee.deadline > 0 { due = unsafe min(due, slot.pointee.deadline) }
        }
        return due == .max ? nil : due
    }

    func connectionIsDue<Handler: WireHandler & ~Copyable>(_ connection: ConnectionID, _ handler: inout Handler) {
        guard let slot = unsafe table.find(connection) else { return }
        unsafe slot.pointee.timer = .none
        if let due = unsafe nextDue(slot), due <= ticks { unsafe act(slot, connection, &handler) }
        if unsafe slot.pointee.phase != .vacant { unsafe rearm(slot) }
    }

    private func act<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        switch unsafe slot.pointee.phase {
        case .greeting:
            tally.handshakeTimeouts &+= 1
            unsafe drop(slot, Closure(.idle, .abnormal))
            return
        case .vacant, .closing, .finishing, .lingering:
            unsafe drop(slot, Closure(.lost, .abnormal))
            return
        case .open: break
        }
        let tick = ticks
        if unsafe slot.pointee.flags.contains(.awaitsRoom), unsafe slot.pointee.lastProgress + timing.stall <= tick {
            tally.closedStalled &+= 1
            // It may still come back to hear why it has to go.
            unsafe cutOverflowing(slot)
            return
        }
        if unsafe slot.pointee.role == .bytes {
            if unsafe slot.pointee.deadline > 0 && slot.pointee.deadline <= tick {
                unsafe slot.pointee.deadline = 0
                handler.deadlinePassed(connection, on: self)
            }
            return
        }
        if let idle = timing.idle, unsafe slot.pointee.lastHeard + idle <= tick {
            tally.closedIdle &+= 1
            unsafe end(slot, Closure(.idle, .goingAway))
            close(connection, .goingAway, "idle")
            return
        }
        guard unsafe max(slot.pointee.since, slot.pointee.lastHeard) + timing.ping <= tick else { return }
        if unsafe Int(slot.pointee.missedPings) >= limits.maxMissedPings {
            tally.closedUnresponsive &+= 1
            unsafe drop(slot, Closure(.unresponsive, .abnormal))
        } else {
            unsafe slot.pointee.missedPings += 1
            unsafe slot.pointee.since = tick
            unsafe sendPing(on: slot)
        }
    }
}
