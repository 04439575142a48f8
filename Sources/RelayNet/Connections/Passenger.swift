import CLinux
import RelayThreads

/// A connection on its way from one loop to another, with what was read and not yet understood.
package struct Passenger: Sendable {
    let descriptor: Int32
    let address: PeerAddress
    let bytes: [UInt8]
    /// Whoever holds the passenger is the only one to touch its transport.
    nonisolated(unsafe) let transport: Transport?
}

/// Connections that other loops have given to this one, until it looks at them.
final class Arrivals: Sendable {
    struct Arrival: Sendable {
        let passenger: Passenger
        let role: Connection.Role
    }

    private let hall = Monitor<(waiting: [Arrival], isClosed: Bool)>(([], false))

    /// False once the loop takes nobody any more.
    func add(_ arrival: Arrival) -> Bool {
        hall.withLock { hall in
            if !hall.isClosed { hall.waiting.append(arrival) }
            return !hall.isClosed
        }
    }

    func take() -> [Arrival] {
        hall.withLock { hall in
            defer { hall.waiting = [] }
            return hall.waiting
        }
    }

    func close() {
        for arrival in hall.withLock({ hall in
            hall.isClosed = true
            defer { hall.waiting = [] }
            return hall.waiting
        }) {
            clinux_close(arrival.passenger.descriptor)
        }
    }
}

extension LoopExecutor {
    /// Gives the loop a connection that is about to ask for a WebSocket. From any thread.
    package func board(webSocket passenger: Passenger) { board(passenger, .webSocket) }

    /// Gives the loop a connection to go on with as a raw byte stream. From any thread.
    package func board(raw passenger: Passenger) { board(passenger, .bytes) }

    private func board(_ passenger: Passenger, _ role: Connection.Role) {
        if arrivals.add(Arrivals.Arrival(passenger: passenger, role: role)) {
            wake()
        } else {
            clinux_close(passenger.descriptor)
        }
    }
}

extension EventLoop {
    /// Goes on with what other loops have given away.
    func takeArrivals<Handler: WireHandler & ~Copyable>(_ handler: inout Handler) {
        for arrival in executor.arrivals.take() {
            let passenger = arrival.passenger
            _ = unsafe adopt(
                passenger.descriptor, passenger.address, arrival.role, passenger.transport, carrying: passenger.bytes,
                &handler)
        }
    }

    /// Takes the connection out of this loop, together with the bytes read so far. Nothing may wait to be sent. The
    /// handler hears `closed` with the cause `moved`. While its handler looks at bytes, those it does not take are not
    /// part of this: they are given as `unread`.
    package func detach(_ connection: ConnectionID, unread: RawSpan) -> Passenger? {
        guard let slot = unsafe table.find(connection), unsafe slot.pointee.pending == 0,
            unsafe slot.pointee.phase == .open, unsafe slot.pointee.role == .bytes
        else { return nil }
        return unsafe detach(slot, unread: unread)
    }

    func detach(_ slot: ConnectionPointer, unread: RawSpan) -> Passenger {
        let bytes = unsafe unread.withUnsafeBytes { unsafe [UInt8]($0) }
        let passenger = unsafe Passenger(
            descriptor: slot.pointee.descriptor, address: slot.pointee.address, bytes: bytes,
            transport: slot.pointee.transport)
        unsafe poller.forget(slot.pointee.descriptor)
        unsafe slot.pointee.descriptor = -1
        unsafe slot.pointee.transport = nil
        unsafe slot.pointee.carry.reset()
        unsafe end(slot, Closure(.moved, .none))
        unsafe vacate(slot)
        return passenger
    }
}
