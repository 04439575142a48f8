import RelayProtocol

/// Turns addresses into dense numbers and back.
///
/// Open addressing over 32-bit hashes; a lookup of a known address touches the table, its hash and its bytes.
struct Interner: ~Copyable {
    private struct Entry {
        var place: ByteSlab.Place
        var hash: UInt32
        var isUsed: Bool
    }

    private static let empty: Int32 = -1
    private static let removed: Int32 = -2

    private var texts = ByteSlab()
    private var entries: [Entry] = []
    private var freed: [AddressID] = []
    private var table: [Int32]
    /// Places of the table that are not empty, removed ones included.
    private var occupied = 0
    private let hash: KeyedHash

    init(seed: UInt64) {
        hash = KeyedHash(seed: seed)
        table = [Int32](repeating: Self.empty, count: 1024)
    }

    /// How many addresses are known.
    var count: Int { entries.count - freed.count }

    /// One more than the highest number in use.
    var limit: AddressID { AddressID(truncatingIfNeeded: entries.count) }

    @inline(__always)
    func find(_ address: RawSpan) -> AddressID? {
        find(address, hash: hash(address))
    }

    @inline(__always)
    private func find(_ address: RawSpan, hash: UInt32) -> AddressID? {
        let mask = table.count &- 1
        var place = Int(hash) & mask
        while true {
            let id = table[place]
            if id == Self.empty { return nil }
            if id >= 0, entries[Int(id)].hash == hash, text(of: entries[Int(id)]).isEqual(to: address) { return id }
            place = (place &+ 1) & mask
        }
    }

    /// The number of an address, a new one if need be; nil when it is too long to be one.
    mutating func intern(_ address: RawSpan) -> (id: AddressID, isNew: Bool)? {
        let hash = hash(address)
        if let id = find(address, hash: hash) { return (id, false) }
        guard let text = texts.store(address) else { return nil }
        if (occupied + 1) * 2 > table.count { rebuild() }
        let entry = Entry(place: text, hash: hash, isUsed: true)
        let id: AddressID
        if let free = freed.popLast() {
            id = free
            entries[Int(id)] = entry
        } else {
            id = limit
            entries.append(entry)
        }
        place(id, hash: hash)
        return (id, true)
    }

    func isUsed(_ id: AddressID) -> Bool {
        entries.indices.contains(Int(id)) && entries[Int(id)].isUsed
    }

    /// The bytes of an address; empty for a number that names none.
    @_lifetime(borrow self)
    func address(of id: AddressID) -> RawSpan {
        guard isUsed(id) else { return RawSpan() }
        return text(of: entries[Int(id)])
    }

    /// Forgets an address. Its number may be given to another one from now on.
    mutating func remove(_ id: AddressID) {
        guard isUsed(id) else { return }
        let entry = entries[Int(id)]
        let mask = table.count &- 1
        var place = Int(entry.hash) & mask
        while table[place] != id {
            guard table[place] != Self.empty else { return }
            place = (place &+ 1) & mask
        }
        table[place] = Self.removed
        texts.free(entry.place)
        entries[Int(id)].isUsed = false
        freed.append(id)
    }

    /// Where the bytes of an address stand, and somebody who can read them there on another thread.
    func place(of id: AddressID) -> ByteSlab.Place { isUsed(id) ? entries[Int(id)].place : ByteSlab.Place() }
    func reader() -> ByteSlab.Reader { texts.reader() }

    @inline(__always)
    @_lifetime(borrow self)
    private func text(of entry: Entry) -> RawSpan {
        texts.text(at: entry.place)
    }

    private mutating func place(_ id: AddressID, hash: UInt32) {
        let mask = table.count &- 1
        var place = Int(hash) & mask
        while table[place] >= 0 { place = (place &+ 1) & mask }
        if table[place] == Self.empty { occupied += 1 }
        table[place] = id
    }

    /// Grows the table, or only sweeps the removed places out of it.
    private mutating func rebuild() {
        let size = count * 4 >= table.count ? table.count * 2 : table.count
        table = [Int32](repeating: Self.empty, count: size)
        occupied = 0
        for (index, entry) in entries.enumerated() where entry.isUsed {
            place(AddressID(truncatingIfNeeded: index), hash: entry.hash)
        }
    }
}
