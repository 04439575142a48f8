import CLinux

/// A connection on its way from one loop to another, with what was read and not yet understood.
package struct Passenger: Sendable {
    let descriptor: Int32
    package let address: PeerAddress
    let bytes: [UInt8]
    /// Whoever holds the passenger is the only one to touch its transport.
    nonisolated(unsafe) let transport: Transport?
}

/// What the handler of raw connections, such as an HTTP server, may ask for.
extension EventLoop {
    /// No input is taken from the connection until `resumeReading`.
    package func pauseReading(_ connection: ConnectionID) {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return }
        guard unsafe slot.pointee.flags.insert(.paused).inserted else { return }
        unsafe updateInterest(slot)
    }

    /// Takes input again; what was left unread is presented in the next turn.
    package func resumeReading(_ connection: ConnectionID) {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return }
        unsafe slot.pointee.flags.remove(.paused)
        unsafe updateInterest(slot)
        if unsafe !slot.pointee.carry.isEmpty || slot.pointee.transport?.hasDecodedInput == true {
            unsafe revisitLater(slot)
        }
    }

    /// Sets, moves or (with nil) removes the one deadline of a raw connection.
    package func setDeadline(_ connection: ConnectionID, after delay: Duration?) {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.phase == .open else { return }
        unsafe slot.pointee.deadline = delay.map { ticks + max(1, $0.ticks) } ?? 0
        unsafe rearm(slot)
    }

    package func address(of connection: ConnectionID) -> PeerAddress? {
        guard let slot = unsafe table.find(connection) else { return nil }
        return unsafe slot.pointee.address
    }

    /// Takes the connection out of this loop, together with the bytes read so far; for `adopt` of another one. Nothing
    /// may wait to be sent. The handler hears `closed` with the cause `moved`. While its handler looks at bytes, those
    /// it does not take are not part of this: they are given as `unread`.
    package func detach(_ connection: ConnectionID, unread: RawSpan) -> Passenger? {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.pending == 0,
            unsafe slot.pointee.phase == .open, unsafe slot.pointee.role == .bytes
        else { return nil }
        let bytes = unsafe unread.withUnsafeBytes { unsafe [UInt8]($0) }
        let passenger = unsafe Passenger(
            descriptor: slot.pointee.descriptor, address: slot.pointee.address, bytes: bytes,
            transport: slot.pointee.transport)
        unsafe poller.forget(slot.pointee.descriptor)
        unsafe slot.pointee.descriptor = -1
        unsafe slot.pointee.carry.reset()
        unsafe end(slot, Closure(.moved, .none))
        unsafe vacate(slot)
        return passenger
    }

    /// Continues another loop's connection as a WebSocket that is about to be asked for.
    package func adopt<Handler: WireHandler & ~Copyable>(
        webSocket passenger: Passenger, _ handler: inout Handler
    ) -> ConnectionID? {
        unsafe adopt(
            passenger.descriptor, passenger.address, .webSocket, passenger.transport, carrying: passenger.bytes,
            &handler)
    }

    /// Continues another loop's connection as a raw byte stream.
    package func adopt<Handler: WireHandler & ~Copyable>(
        raw passenger: Passenger, _ handler: inout Handler
    ) -> ConnectionID? {
        unsafe adopt(
            passenger.descriptor, passenger.address, .bytes, passenger.transport, carrying: passenger.bytes, &handler)
    }

    /// Serves a socket that is connected already, such as one end of a pair.
    package func adopt<Handler: WireHandler & ~Copyable>(
        connected descriptor: Int32, raw: Bool, _ handler: inout Handler
    ) -> ConnectionID? {
        adopt(descriptor, .local, raw ? .bytes : .webSocket, nil, carrying: [], &handler)
    }
}
