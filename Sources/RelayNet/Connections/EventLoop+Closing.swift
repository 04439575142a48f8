import CLinux

/// The ways a connection ends. The upper module hears of it once, at the end of the turn; TCP may take a little longer.
extension EventLoop {
    /// Notes that the upper module's part is over.
    func end(_ slot: ConnectionPointer, _ closure: Closure) {
        guard unsafe slot.pointee.flags.contains(.announced) else { return }
        unsafe slot.pointee.flags.remove(.announced)
        unsafe ending.append((table.id(of: slot), closure))
    }

    /// Nothing more will be queued: once all is sent our side is shut.
    func finishSending(_ slot: ConnectionPointer) {
        unsafe enter(.finishing, slot)
        unsafe slot.pointee.parser = FrameParser()
        unsafe slot.pointee.deflate = nil
        unsafe slot.pointee.flags.subtract([.paused, .throttled])
        unsafe updateInterest(slot)
        if unsafe slot.pointee.pending == 0 { unsafe linger(slot) }
    }

    /// All is sent.
    func linger(_ slot: ConnectionPointer) {
        if unsafe slot.pointee.flags.contains(.inputEnded) {
            unsafe drop(slot, Closure(.local, .normal))
        } else {
            unsafe slot.pointee.transport?.finish(slot.pointee.descriptor)
            unsafe clinux_shutdown_write(slot.pointee.descriptor)
            unsafe enter(.lingering, slot)
        }
    }

    func enter(_ phase: Connection.Phase, _ slot: ConnectionPointer) {
        unsafe slot.pointee.phase = phase
        unsafe slot.pointee.since = now / 1_000_000
        unsafe rearm(slot)
    }

    /// Ends TCP at once. The slot stays reserved until the turn is over.
    func drop(_ slot: ConnectionPointer, _ closure: Closure) {
        guard unsafe slot.pointee.phase != .vacant else { return }
        unsafe end(slot, closure)
        unsafe clinux_close(slot.pointee.descriptor)
        unsafe slot.pointee.descriptor = -1
        unsafe vacate(slot)
    }

    func vacate(_ slot: ConnectionPointer) {
        unsafe releaseOutput(slot)
        unsafe deadlines.cancel(slot.pointee.timer)
        if unsafe slot.pointee.flags.contains(.counted), let ip = unsafe slot.pointee.address.ip {
            clients.leave(ip.limitKey)
        }
        unsafe slot.pointee.phase = .vacant
        unsafe vacated.append(table.id(of: slot).index)
    }

    // MARK: For the upper module

    /// Closes a WebSocket after what is queued: Close frame, the peer's answer, then TCP.
    package func close(_ connection: ConnectionID, _ code: CloseCode, _ reason: String = "") {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return }
        guard unsafe slot.pointee.role == .webSocket else { return finish(connection) }
        unsafe end(slot, Closure(.local, code))
        unsafe sendClose(code, reason, on: slot)
        unsafe slot.pointee.flags.subtract([.paused, .throttled])
        unsafe updateInterest(slot)
        unsafe enter(.closing, slot)
    }

    /// Ends those that have not become a WebSocket yet, for a shutdown that does not wait for them.
    package func dropUnopened() {
        for index in 0..<table.made {
            guard let slot = unsafe table.slot(ConnectionIndex(index)) else { continue }
            if unsafe slot.pointee.phase == .greeting { unsafe drop(slot, Closure(.local, .abnormal)) }
        }
    }

    /// Ends TCP at once, whatever waits.
    package func abort(_ connection: ConnectionID) {
        guard let slot = unsafe table.find(connection) else { return }
        unsafe drop(slot, Closure(.local, .abnormal))
    }

    /// Closes a raw connection after what is queued.
    package func finish(_ connection: ConnectionID) {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return }
        unsafe end(slot, Closure(.local, .normal))
        unsafe finishSending(slot)
    }

    /// A peer that leaves too much waiting: it is told behind what waits, if it takes that within the close timeout.
    func cutOverflowing(_ slot: ConnectionPointer) {
        guard unsafe slot.pointee.phase == .open else { return }
        tally.closedSlow &+= 1
        unsafe end(slot, Closure(.slow, .tryAgainLater))
        if unsafe slot.pointee.role == .webSocket { unsafe sendClose(.tryAgainLater, "too slow", on: slot) }
        unsafe finishSending(slot)
    }
}
