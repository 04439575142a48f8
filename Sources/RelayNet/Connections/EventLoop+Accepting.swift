import CLinux
import Glibc

/// From a listener to a connection in the table.
extension EventLoop {
    /// Connections accepted per listener and turn, so that a storm leaves time for those who are in.
    private static let acceptsPerTurn = 64

    /// Serves WebSockets from the listener.
    package func listen(_ listener: Listener, transports: (any TransportSource)? = nil) throws(SystemError) {
        try listen(listener, .webSocket, transports)
    }

    /// Serves raw byte streams from the listener.
    package func listen(raw listener: Listener, transports: (any TransportSource)? = nil) throws(SystemError) {
        try listen(listener, .bytes, transports)
    }

    private func listen(
        _ listener: Listener, _ role: Connection.Role, _ transports: (any TransportSource)?
    ) throws(SystemError) {
        precondition(listeners.count < 64, "a loop has a handful of listeners")
        if spareDescriptor < 0 { spareDescriptor = clinux_spare_descriptor() }
        try poller.watch(
            listener.descriptor, for: .read, token: Token.firstListener + UInt64(listeners.count))
        listeners.append(OpenListener(listener: listener, role: role, transports: transports))
    }

    /// Stops accepting, from other loops too. Who is in stays in.
    package func closeListeners() {
        executor.arrivals.close()
        for index in listeners.indices where !listeners[index].isClosed {
            poller.forget(listeners[index].listener.descriptor)
            clinux_close(listeners[index].listener.descriptor)
            listeners[index].isClosed = true
        }
    }

    func accept<Handler: WireHandler & ~Copyable>(_ index: Int, _ handler: inout Handler) {
        guard index < listeners.count, !listeners[index].isClosed else { return }
        let open = listeners[index]
        for _ in 0..<Self.acceptsPerTurn {
            guard gate.admits(at: now) else { return holdAccepting() }
            var bytes: (UInt64, UInt64) = (0, 0)
            var port: Int32 = 0
            let accepted = unsafe withUnsafeMutableBytes(of: &bytes) { room in
                unsafe clinux_accept(
                    open.listener.descriptor, room.baseAddress?.assumingMemoryBound(to: UInt8.self), &port)
            }
            if accepted == -EMFILE || accepted == -ENFILE {
                guard shedOne(open.listener.descriptor) else { return }
                continue
            }
            // EAGAIN, or a connection that broke while it waited: nothing more for now.
            guard accepted >= 0 else { return }
            tally.accepted &+= 1
            let address = PeerAddress(bytes: bytes, port: port)
            _ = adopt(accepted, address, open.role, open.transports?.transport(), carrying: [], &handler)
        }
    }

    /// No descriptor is left: the spare one is given up to accept the connection that waits, and to close it, because
    /// otherwise it would wake the loop for ever.
    private func shedOne(_ listener: Int32) -> Bool {
        guard spareDescriptor >= 0 else {
            spareDescriptor = clinux_spare_descriptor()
            return false
        }
        clinux_close(spareDescriptor)
        var bytes: (UInt64, UInt64) = (0, 0)
        var port: Int32 = 0
        let accepted = unsafe withUnsafeMutableBytes(of: &bytes) { room in
            unsafe clinux_accept(listener, room.baseAddress?.assumingMemoryBound(to: UInt8.self), &port)
        }
        if accepted >= 0 {
            clinux_close(accepted)
            tally.refusedNoDescriptor &+= 1
        }
        spareDescriptor = clinux_spare_descriptor()
        return accepted >= 0
    }

    private func holdAccepting() {
        for index in listeners.indices where !listeners[index].isClosed && listeners[index].isWatched {
            poller.forget(listeners[index].listener.descriptor)
            listeners[index].isWatched = false
        }
    }

    func resumeAccepting() {
        gate.reopen()
        for index in listeners.indices where !listeners[index].isClosed && !listeners[index].isWatched {
            let token = Token.firstListener + UInt64(index)
            // A listener that cannot be watched now is tried again when the gate opens next.
            listeners[index].isWatched =
                (try? poller.watch(listeners[index].listener.descriptor, for: .read, token: token)) != nil
        }
    }

    /// Takes a connected socket into the table.
    func adopt<Handler: WireHandler & ~Copyable>(
        _ descriptor: Int32, _ address: PeerAddress, _ role: Connection.Role, _ transport: Transport?,
        carrying bytes: [UInt8], _ handler: inout Handler
    ) -> ConnectionID? {
        guard table.count < maxConnections, let index = table.take(), let slot = unsafe table.slot(index) else {
            tally.refusedFull &+= 1
            clinux_close(descriptor)
            return nil
        }
        let connection = unsafe table.id(of: slot)
        do {
            try poller.watch(descriptor, for: .read, token: connection.token)
        } catch {
            clinux_close(descriptor)
            table.giveBack(index)
            return nil
        }
        unsafe slot.pointee.descriptor = descriptor
        unsafe slot.pointee.interest = UInt8(Poller.Interest.read.rawValue)
        unsafe slot.pointee.role = role
        unsafe slot.pointee.address = address
        unsafe slot.pointee.transport = transport
        unsafe slot.pointee.lastHeard = ticks
        if !bytes.isEmpty {
            unsafe bytes.withUnsafeBytes { unsafe slot.pointee.carry.append($0) }
            unsafe revisitLater(slot)
        }
        switch role {
        case .webSocket:
            unsafe slot.pointee.greeting = Greeting(maxBytes: limits.maxHandshakeBytes)
            unsafe enter(.greeting, slot)
        case .bytes:
            unsafe slot.pointee.flags.insert(.announced)
            unsafe enter(.open, slot)
            handler.opened(raw: connection, from: address, on: self)
        }
        return connection
    }
}
