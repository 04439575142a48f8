import RelayProtocol

/// Who listens where: the subscribed patterns in a tree, each with its listeners.
struct PatternIndex: ~Copyable {
    typealias Entry = Int32

    struct Listener {
        let session: SessionIndex
        let subscription: UInt32
        let types: SignalSet
        let pace: Pace?
        var wantsHistory = false
    }

    private struct Subscribed {
        var pattern: Pattern?
        var node: SegmentTree.Index
        var listeners: [Listener]
    }

    private var tree: SegmentTree
    private var subscribed: [Subscribed] = []
    private var freed: [Entry] = []
    /// How many subscriptions there are.
    private(set) var count = 0

    // Scratch of `match`: the nodes that the segments so far lead to.
    private var active: [Step] = []
    private var following: [Step] = []
    /// By node: the segment, counted over all matches, at which it was last made active.
    private var visits: [UInt64] = []
    private var visit: UInt64 = 0

    private struct Step {
        var node: SegmentTree.Index
        /// A `**` that has taken no segment yet.
        var isBare: Bool
    }

    init(seed: UInt64) {
        tree = SegmentTree(seed: seed)
    }

    /// Places of its tree, used or not.
    var limit: Int { tree.limit }

    func pattern(of entry: Entry) -> Pattern? { subscribed[Int(entry)].pattern }
    func listeners(of entry: Entry) -> [Listener] { subscribed[Int(entry)].listeners }

    /// Nil when a segment of the pattern is longer than an address may be.
    mutating func add(_ pattern: Pattern, _ listener: Listener) -> Entry? {
        guard let node = tree.insert(pattern.bytes.rawSpan) else { return nil }
        count += 1
        let known = tree[node].content
        if known != SegmentTree.none {
            subscribed[Int(known)].listeners.append(listener)
            return known
        }
        let new = Subscribed(pattern: pattern, node: node, listeners: [listener])
        let entry: Entry
        if let free = freed.popLast() {
            entry = free
            subscribed[Int(entry)] = new
        } else {
            entry = Entry(truncatingIfNeeded: subscribed.count)
            subscribed.append(new)
        }
        tree.setContent(entry, of: node)
        return entry
    }

    mutating func remove(_ entry: Entry, session: SessionIndex, subscription: UInt32) {
        let place = subscribed[Int(entry)].listeners.firstIndex {
            $0.session == session && $0.subscription == subscription
        }
        guard let place else { return }
        count -= 1
        subscribed[Int(entry)].listeners.remove(at: place)
        guard subscribed[Int(entry)].listeners.isEmpty else { return }
        tree.removeContent(of: subscribed[Int(entry)].node)
        subscribed[Int(entry)] = Subscribed(pattern: nil, node: SegmentTree.none, listeners: [])
        freed.append(entry)
    }

    /// Shows every pattern that matches the address, once, and whether its last segment is a `**` that took nothing.
    ///
    /// All ways through the tree are followed at once, segment by segment, so the time is at most nodes × segments.
    mutating func match(_ address: RawSpan, _ body: (Entry, _ isBare: Bool) -> Void) {
        active.removeAll(keepingCapacity: true)
        if visits.count < tree.limit { visits.append(contentsOf: repeatElement(0, count: tree.limit)) }
        active.append(Step(node: SegmentTree.root, isBare: false))
        enterOpenChildren()
        var cursor = SegmentCursor()
        while let range = cursor.next(in: address) {
            let segment = address.bytes(range)
            following.removeAll(keepingCapacity: true)
            for step in active { follow(step, segment) }
            swap(&active, &following)
            enterOpenChildren()
            if active.isEmpty { return }
        }
        for step in active where tree[step.node].content != SegmentTree.none {
            body(tree[step.node].content, step.isBare)
        }
    }

    /// Where one segment leads from a node.
    private mutating func follow(_ step: Step, _ segment: RawSpan) {
        if tree[step.node].kind == .anyNumber { following.append(Step(node: step.node, isBare: false)) }
        if let child = tree.child(of: step.node, segment), tree[child].kind == .literal {
            following.append(Step(node: child, isBare: false))
        }
        var child = tree[step.node].firstChild
        while child != SegmentTree.none, tree[child].kind != .literal {
            if tree[child].kind == .wildcard, PatternMatcher.segment(tree.text(of: child), matches: segment) {
                following.append(Step(node: child, isBare: false))
            }
            child = tree[child].nextSibling
        }
    }

    /// A `**` is entered without a segment. A node is listed once: one that is there already has taken a segment.
    private mutating func enterOpenChildren() {
        visit += 1
        for step in active { visits[Int(step.node)] = visit }
        var position = 0
        while position < active.count {
            let node = active[position].node
            position += 1
            var child = tree[node].firstChild
            while child != SegmentTree.none, tree[child].kind != .literal {
                if tree[child].kind == .anyNumber, visits[Int(child)] != visit {
                    visits[Int(child)] = visit
                    active.append(Step(node: child, isBare: true))
                }
                child = tree[child].nextSibling
            }
        }
    }
}
