import RelayProtocol

/// The dense number of an address. Behind the gate everything is found by it. It names an address only as long as that
/// is kept, and is given to another one afterwards.
typealias AddressID = Int32

/// Every address that is known: its number, its place in the tree, and what the application's rules say about it.
///
/// An address is kept for ever while it has a param. One that only signals pass through is kept until many newer ones
/// have come (`maxIdle`), so that a flood of made-up addresses costs a bounded amount of memory.
struct AddressBook: ~Copyable {
    struct Entry {
        var rules = AddressRules()
        fileprivate var node: SegmentTree.Index = SegmentTree.none
        /// Counts the addresses that had this number, so that what is remembered of one is not taken for another.
        fileprivate(set) var generation: UInt32 = 0
        /// Tables that need the number to stay as it is.
        fileprivate var pins: UInt32 = 0
        fileprivate var isQueued = false
        /// When the queue of deadlines looks at it next, in microseconds of uptime; 0 for never.
        var nextLook: UInt64 = 0
    }

    private var interner: Interner
    private(set) var tree: SegmentTree
    private var entries: [Entry] = []
    private var policy: Policy
    private let maxIdle: Int

    /// Addresses without a param when they were last looked at, oldest first from `head` on.
    private var idle: [AddressID] = []
    private var head = 0

    init(policy: Policy, maxIdle: Int, seed: UInt64) {
        self.policy = policy
        self.maxIdle = maxIdle
        interner = Interner(seed: seed)
        tree = SegmentTree(seed: ~seed)
    }

    var count: Int { interner.count }

    /// One more than the highest number in use.
    var limit: AddressID { interner.limit }

    @inline(__always)
    func find(_ address: RawSpan) -> AddressID? { interner.find(address) }

    @inline(__always)
    @_lifetime(borrow self)
    func address(of id: AddressID) -> RawSpan { interner.address(of: id) }

    func place(of id: AddressID) -> ByteSlab.Place { interner.place(of: id) }

    /// For another thread, which writes addresses to a file.
    func reader() -> ByteSlab.Reader { interner.reader() }

    subscript(id: AddressID) -> Entry {
        @inline(__always) get { entries[Int(id)] }
    }

    mutating func setNextLook(_ deadline: UInt64, of id: AddressID) { entries[Int(id)].nextLook = deadline }

    /// The number of a valid address, a new one if need be. Nil for what is too long.
    mutating func intern(_ address: RawSpan) -> AddressID? {
        guard let (id, isNew) = interner.intern(address) else { return nil }
        guard isNew else { return id }
        while entries.count <= Int(id) { entries.append(Entry()) }
        guard let node = tree.insert(address) else { return id }
        tree.setContent(id, of: node)
        entries[Int(id)].node = node
        entries[Int(id)].rules = policy.rules(for: address)
        return id
    }

    /// Asks other rules about every address.
    mutating func use(_ new: Policy) {
        policy = new
        for id in entries.indices where entries[id].node != SegmentTree.none {
            entries[id].rules = new.rules(for: interner.address(of: AddressID(truncatingIfNeeded: id)))
        }
    }

    // MARK: Forgetting

    /// Says that the address has no param; it may be forgotten once `maxIdle` others have been said so too.
    mutating func release(_ id: AddressID) {
        guard !entries[Int(id)].isQueued else { return }
        entries[Int(id)].isQueued = true
        idle.append(id)
    }

    var hasTooManyIdle: Bool {
        @inline(__always) get { idle.count &- head > maxIdle }
    }

    /// The next address to forget, if there are too many; the caller drops what it keeps of it, then calls `forget`.
    mutating func nextToForget(isKept: (AddressID) -> Bool) -> AddressID? {
        while idle.count - head > maxIdle {
            let id = idle[head]
            head += 1
            if head > 4096, head * 2 > idle.count {
                idle.removeFirst(head)
                head = 0
            }
            entries[Int(id)].isQueued = false
            // A pinned one queues again when the last pin is taken out.
            if entries[Int(id)].pins == 0, !isKept(id) { return id }
        }
        return nil
    }

    mutating func forget(_ id: AddressID) {
        let entry = entries[Int(id)]
        if entry.node != SegmentTree.none { tree.removeContent(of: entry.node) }
        interner.remove(id)
        entries[Int(id)] = Entry()
        entries[Int(id)].generation = entry.generation &+ 1
    }

    mutating func pin(_ id: AddressID) { entries[Int(id)].pins += 1 }

    mutating func unpin(_ id: AddressID) {
        entries[Int(id)].pins -= 1
        if entries[Int(id)].pins == 0 { release(id) }
    }
}
