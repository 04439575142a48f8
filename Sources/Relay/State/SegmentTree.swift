import RelayProtocol

/// A tree whose edges are the segments of addresses or patterns: `/a/b` is the node `b` below `a` below the root.
///
/// Serves twice: over the known addresses, so that a pattern finds them without looking at all, and over the
/// subscribed patterns, so that an address finds its listeners. Every node carries one number for its user.
struct SegmentTree: ~Copyable {
    typealias Index = Int32

    struct Node {
        /// The user's; `none` when nothing ends here.
        var content: Int32 = none
        fileprivate(set) var parent: Index = none
        /// Those with a wildcard come before the literal ones.
        fileprivate(set) var firstChild: Index = none
        fileprivate var lastChild: Index = none
        fileprivate(set) var nextSibling: Index = none
        fileprivate var previousSibling: Index = none
        fileprivate var place = ByteSlab.Place()
        fileprivate var hash: UInt32 = 0
        /// Only asked in a tree of patterns.
        fileprivate(set) var kind = Kind.literal
    }

    enum Kind: UInt8 {
        case literal
        /// A `*` somewhere in it.
        case wildcard
        /// `**`.
        case anyNumber
    }

    static let none: Int32 = -1
    static let root: Index = 0
    private static let removed: Int32 = -2

    private var nodes: [Node] = [Node()]
    private var freed: [Index] = []
    private var texts = ByteSlab()
    private var table: [Int32]
    private var occupied = 0
    private let hash: KeyedHash

    init(seed: UInt64) {
        hash = KeyedHash(seed: seed)
        table = [Int32](repeating: Self.none, count: 1024)
    }

    subscript(index: Index) -> Node { nodes[Int(index)] }

    mutating func setContent(_ content: Int32, of index: Index) { nodes[Int(index)].content = content }

    /// One more than the highest index in use.
    var limit: Int { nodes.count }

    @_lifetime(borrow self)
    func text(of index: Index) -> RawSpan {
        texts.text(at: nodes[Int(index)].place)
    }

    @inline(__always)
    func child(of parent: Index, _ segment: RawSpan) -> Index? {
        child(of: parent, segment, hash: hash(segment, in: UInt64(UInt32(bitPattern: parent))))
    }

    @inline(__always)
    private func child(of parent: Index, _ segment: RawSpan, hash: UInt32) -> Index? {
        let mask = table.count &- 1
        var place = Int(hash) & mask
        while true {
            let index = table[place]
            if index == Self.none { return nil }
            if index >= 0, nodes[Int(index)].hash == hash, nodes[Int(index)].parent == parent,
                text(of: index).isEqual(to: segment)
            {
                return index
            }
            place = (place &+ 1) & mask
        }
    }

    /// The node of an address or pattern, made if it is not there; nil when a segment is too long to be one.
    mutating func insert(_ text: RawSpan) -> Index? {
        var node = Self.root
        var cursor = SegmentCursor()
        while let range = cursor.next(in: text) {
            guard let next = insert(text.bytes(range), below: node) else { return nil }
            node = next
        }
        return node
    }

    func find(_ text: RawSpan) -> Index? {
        var node = Self.root
        var cursor = SegmentCursor()
        while let range = cursor.next(in: text) {
            guard let next = child(of: node, text.bytes(range)) else { return nil }
            node = next
        }
        return node
    }

    private mutating func insert(_ segment: RawSpan, below parent: Index) -> Index? {
        let hash = hash(segment, in: UInt64(UInt32(bitPattern: parent)))
        if let child = child(of: parent, segment, hash: hash) { return child }
        guard let text = texts.store(segment) else { return nil }
        if (occupied + 1) * 2 > table.count { rebuild() }
        var node = Node()
        node.parent = parent
        node.place = text
        node.hash = hash
        node.kind = Kind(of: segment)
        let index: Index
        if let free = freed.popLast() {
            index = free
            nodes[Int(index)] = node
        } else {
            index = Index(truncatingIfNeeded: nodes.count)
            nodes.append(node)
        }
        link(index, below: parent)
        place(index, hash: hash)
        return index
    }

    private mutating func link(_ index: Index, below parent: Index) {
        let (first, last) = (nodes[Int(parent)].firstChild, nodes[Int(parent)].lastChild)
        guard first != Self.none else {
            nodes[Int(parent)].firstChild = index
            nodes[Int(parent)].lastChild = index
            return
        }
        if nodes[Int(index)].kind == .literal {
            nodes[Int(index)].previousSibling = last
            nodes[Int(last)].nextSibling = index
            nodes[Int(parent)].lastChild = index
        } else {
            nodes[Int(index)].nextSibling = first
            nodes[Int(first)].previousSibling = index
            nodes[Int(parent)].firstChild = index
        }
    }

    /// Takes the content away, and with it every node that then leads nowhere.
    mutating func removeContent(of index: Index) {
        nodes[Int(index)].content = Self.none
        var index = index
        while index != Self.root {
            let node = nodes[Int(index)]
            guard node.content == Self.none, node.firstChild == Self.none else { return }
            unlink(index, node)
            index = node.parent
        }
    }

    private mutating func unlink(_ index: Index, _ node: Node) {
        if node.previousSibling != Self.none {
            nodes[Int(node.previousSibling)].nextSibling = node.nextSibling
        } else {
            nodes[Int(node.parent)].firstChild = node.nextSibling
        }
        if node.nextSibling != Self.none {
            nodes[Int(node.nextSibling)].previousSibling = node.previousSibling
        } else {
            nodes[Int(node.parent)].lastChild = node.previousSibling
        }
        let mask = table.count &- 1
        var place = Int(node.hash) & mask
        while table[place] != index, table[place] != Self.none { place = (place &+ 1) & mask }
        if table[place] == index { table[place] = Self.removed }
        texts.free(node.place)
        nodes[Int(index)] = Node()
        freed.append(index)
    }

    private mutating func place(_ index: Index, hash: UInt32) {
        let mask = table.count &- 1
        var place = Int(hash) & mask
        while table[place] >= 0 { place = (place &+ 1) & mask }
        if table[place] == Self.none { occupied += 1 }
        table[place] = index
    }

    private mutating func rebuild() {
        let used = nodes.count - freed.count
        let size = used * 4 >= table.count ? table.count * 2 : table.count
        table = [Int32](repeating: Self.none, count: size)
        occupied = 0
        for index in 1..<max(1, nodes.count) where nodes[index].parent != Self.none {
            place(Index(truncatingIfNeeded: index), hash: nodes[index].hash)
        }
    }
}

extension SegmentTree.Kind {
    init(of segment: RawSpan) {
        var stars = 0
        for offset in 0..<segment.byteCount where segment.byte(at: offset) == Address.wildcard { stars += 1 }
        self = stars == 0 ? .literal : stars == 2 && segment.byteCount == 2 ? .anyNumber : .wildcard
    }
}
