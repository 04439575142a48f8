import CLinux

/// From the socket to whoever understands its bytes.
extension EventLoop {
    func handle<Handler: WireHandler & ~Copyable>(
        _ connection: ConnectionID, _ happened: Poller.Interest, _ handler: inout Handler
    ) {
        guard let slot = unsafe table.find(connection) else { return }
        if happened.contains(.write) {
            unsafe roomToSend(slot, connection, &handler)
            guard unsafe slot.pointee.phase != .vacant else { return }
        }
        if unsafe slot.pointee.reads {
            let wantsRoom = unsafe slot.pointee.transport?.wantsRoom == true
            if !happened.isDisjoint(with: [.read, .trouble]) || wantsRoom {
                unsafe read(slot, connection, &handler)
            }
        } else if !happened.isDisjoint(with: .trouble) {
            unsafe drop(slot, Closure(.lost, .abnormal))
        }
    }

    /// Looks at a connection without its socket having said anything: input was left unread or decoded ahead, or a
    /// caller waits to hear that all has been sent.
    func lookAgain<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        unsafe tellIfDrained(slot, connection, &handler)
        guard unsafe slot.pointee.phase != .vacant, unsafe slot.pointee.reads else { return }
        // What was carried here from another loop may be more than a raw connection is read ahead of its handler.
        if unsafe !slot.pointee.carry.isEmpty { unsafe digest(slot, connection, adding: 0, &handler) }
        guard unsafe slot.pointee.phase != .vacant, unsafe slot.pointee.reads else { return }
        if unsafe slot.pointee.transport?.hasDecodedInput == true { unsafe read(slot, connection, &handler) }
    }

    private func read<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        let carried = unsafe slot.pointee.carry.count
        // A raw connection is not read further ahead of its handler than it may be.
        let limit = unsafe slot.pointee.role == .bytes ? limits.maxUnreadBytes : Self.readBytes
        guard carried < limit else { return unsafe drop(slot, Closure(.violation, .messageTooBig)) }
        let room = unsafe UnsafeMutableRawBufferPointer(start: readBuffer + carried, count: limit - carried)
        let count: Int
        if let transport = unsafe slot.pointee.transport {
            count = unsafe transport.receive(slot.pointee.descriptor, into: room)
            unsafe updateInterest(slot)
            if transport.hasDecodedInput { unsafe revisitLater(slot) }
        } else {
            count = unsafe clinux_receive(slot.pointee.descriptor, room.baseAddress, room.count)
        }
        if count > 0 {
            tally.bytesIn &+= UInt64(count)
            unsafe slot.pointee.lastHeard = now / 1_000_000
            unsafe slot.pointee.missedPings = 0
            unsafe digest(slot, connection, adding: count, &handler)
        } else if count == 0 {
            unsafe endOfInput(slot, connection, &handler)
        } else if count != -SystemError.wouldBlock {
            unsafe drop(slot, Closure(.lost, .abnormal))
        }
    }

    /// Understands as much as possible of the carried bytes and the `added` ones behind them in the read buffer.
    private func digest<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, adding added: Int, _ handler: inout Handler
    ) {
        let carried = unsafe slot.pointee.carry.count
        if let start = unsafe slot.pointee.carry.buffer.baseAddress {
            unsafe readBuffer.copyMemory(from: start, byteCount: carried)
            unsafe slot.pointee.carry.reset()
        }
        let count = carried + added
        var used = 0
        if unsafe slot.pointee.phase == .greeting {
            used = unsafe greet(slot, connection, count, &handler)
        }
        // A client may send its first messages together with the request.
        if used < count || used == 0 {
            switch unsafe slot.pointee.phase {
            case .open, .closing:
                if unsafe slot.pointee.role == .webSocket {
                    used = unsafe readFrames(slot, connection, from: used, to: count, &handler)
                } else {
                    used = unsafe readRaw(slot, connection, count, &handler)
                }
            case .greeting: break
            case .vacant, .finishing, .lingering: used = count
            }
        }
        guard used < count, unsafe slot.pointee.phase != .vacant else { return }
        unsafe slot.pointee.carry.append(UnsafeRawBufferPointer(start: readBuffer + used, count: count - used))
    }

    private func readRaw<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ count: Int, _ handler: inout Handler
    ) -> Int {
        let bytes = unsafe RawSpan(_unsafeStart: readBuffer, byteCount: count)
        let used = handler.received(bytes: bytes, from: connection, on: self)
        precondition(used >= 0 && used <= count, "a handler takes at most what it was given")
        return used
    }

    private func endOfInput<Handler: WireHandler & ~Copyable>(
        _ slot: ConnectionPointer, _ connection: ConnectionID, _ handler: inout Handler
    ) {
        unsafe slot.pointee.flags.insert(.inputEnded)
        switch unsafe slot.pointee.phase {
        case .finishing:
            // The peer waits for the rest of our output, or is gone; sending will tell.
            unsafe updateInterest(slot)
        case .open where unsafe slot.pointee.role == .bytes:
            unsafe updateInterest(slot)
            handler.inputEnded(connection, on: self)
        case .lingering: unsafe drop(slot, Closure(.local, .normal))
        case .vacant: break
        case .greeting, .open, .closing: unsafe drop(slot, Closure(.lost, .abnormal))
        }
    }

    func revisitLater(_ slot: ConnectionPointer) {
        guard unsafe slot.pointee.flags.insert(.revisited).inserted else { return }
        unsafe revisits.append(table.id(of: slot))
    }

    func updateInterest(_ slot: ConnectionPointer) {
        var interest: Poller.Interest = []
        if unsafe slot.pointee.reads { interest.insert(.read) }
        if unsafe slot.pointee.flags.contains(.awaitsRoom) || slot.pointee.transport?.wantsRoom == true {
            interest.insert(.write)
        }
        guard unsafe slot.pointee.interest != UInt8(interest.rawValue) else { return }
        unsafe slot.pointee.interest = UInt8(interest.rawValue)
        unsafe poller.change(slot.pointee.descriptor, to: interest, token: table.id(of: slot).token)
    }
}
