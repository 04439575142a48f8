import CLinux

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

    /// Serves a socket that is connected already, such as one end of a pair.
    package func adopt<Handler: WireHandler & ~Copyable>(
        connected descriptor: Int32, raw: Bool, _ handler: inout Handler
    ) -> ConnectionID? {
        adopt(descriptor, .local, raw ? .bytes : .webSocket, nil, carrying: [], &handler)
    }
}
