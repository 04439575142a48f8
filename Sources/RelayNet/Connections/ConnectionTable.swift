import CLinux

/// All connections of a loop, at addresses that never change, so that a pointer stays good for a turn and the upper
/// module can name a connection by a small dense number.
///
/// The address space for the largest table is reserved at once; a slot costs memory from its first use on, and slots
/// are used again last-in first-out, so a second wave of connections lives in the pages of the first.
@safe
final class ConnectionTable {
    private let slots: ConnectionPointer
    let capacity: Int
    /// Slots that have been used at least once.
    private(set) var made = 0
    private var free: [ConnectionIndex] = []

    init(capacity: Int) throws(SystemError) {
        guard let memory = unsafe clinux_reserve(capacity * MemoryLayout<Connection>.stride) else {
            throw SystemError("mmap")
        }
        unsafe slots = memory.bindMemory(to: Connection.self, capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        for index in 0..<made { unsafe (slots + index).deinitialize(count: 1) }
        unsafe clinux_unreserve(slots, capacity * MemoryLayout<Connection>.stride)
    }

    var count: Int { made - free.count }

    /// A slot for a new connection, nil when the table is full.
    func take() -> ConnectionIndex? {
        if let index = free.popLast() { return index }
        guard made < capacity else { return nil }
        unsafe (slots + made).initialize(to: Connection(generation: 1))
        made += 1
        return ConnectionIndex(made - 1)
    }

    /// Gives a slot back; handles to the connection that was there are recognised from now on.
    func giveBack(_ index: ConnectionIndex) {
        let slot = unsafe slots + Int(index)
        let generation = unsafe slot.pointee.generation &+ 1
        unsafe slot.pointee = Connection(generation: generation)
        free.append(index)
    }

    /// The slot at an index that has been used, whoever is there now.
    @inline(__always)
    func slot(_ index: ConnectionIndex) -> ConnectionPointer? {
        unsafe Int(index) < made ? slots + Int(index) : nil
    }

    /// The connection of a handle, nil when it is gone.
    @inline(__always)
    func find(_ connection: ConnectionID) -> ConnectionPointer? {
        guard let slot = unsafe slot(connection.index),
            unsafe slot.pointee.generation == connection.generation && slot.pointee.phase != .vacant
        else { return nil }
        return unsafe slot
    }

    func id(of slot: ConnectionPointer) -> ConnectionID {
        unsafe ConnectionID(index: ConnectionIndex(slot - slots), generation: slot.pointee.generation)
    }
}
