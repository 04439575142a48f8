import RelayProtocol

extension SegmentTree {
    /// Shows the content of every node whose text a pattern matches, in a tree of addresses. Gives up, and answers
    /// false, when that would take more than `budget` nodes.
    ///
    /// Literal segments are looked up, wildcards look at the children of one node; only `**` goes through all that lies
    /// below, and what it finds is held against the whole pattern unless nothing follows it.
    func walk(_ pattern: Pattern, budget: Int, _ body: (Int32) -> Void) -> Bool {
        var left = budget
        return walk(pattern, from: 0, at: Self.root, budget: &left, body)
    }

    private func walk(
        _ pattern: Pattern, from position: Int, at start: Index, budget: inout Int, _ body: (Int32) -> Void
    ) -> Bool {
        var node = start
        var position = position
        while position < pattern.segments.count {
            switch pattern.segments[position] {
            case .literal(let range):
                guard let next = child(of: node, pattern.bytes.rawSpan.bytes(range)) else { return true }
                node = next
            case .wildcard(let range):
                var child = self[node].firstChild
                while child != Self.none {
                    budget -= 1
                    guard budget >= 0 else { return false }
                    if PatternMatcher.segment(pattern.bytes.rawSpan.bytes(range), matches: text(of: child)),
                        !walk(pattern, from: position + 1, at: child, budget: &budget, body)
                    {
                        return false
                    }
                    child = self[child].nextSibling
                }
                return true
            case .anyNumber:
                let isLast = position == pattern.segments.count - 1
                return walkBelow(node, isLast ? nil : pattern, budget: &budget, body)
            }
            position += 1
        }
        budget -= 1
        if self[node].content != Self.none { body(self[node].content) }
        return budget >= 0
    }

    private func walkBelow(
        _ top: Index, _ pattern: Pattern?, budget: inout Int, _ body: (Int32) -> Void
    ) -> Bool {
        var node = top
        while true {
            budget -= 1
            guard budget >= 0 else { return false }
            if self[node].content != Self.none, pattern?.matches(path(of: node).rawSpan) ?? true {
                body(self[node].content)
            }
            if self[node].firstChild != Self.none {
                node = self[node].firstChild
                continue
            }
            while node != top, self[node].nextSibling == Self.none { node = self[node].parent }
            guard node != top else { return true }
            node = self[node].nextSibling
        }
    }

    /// The whole text of a node, from the root.
    private func path(of node: Index) -> [UInt8] {
        var nodes: [Index] = []
        var node = node
        while node != Self.root {
            nodes.append(node)
            node = self[node].parent
        }
        var bytes: [UInt8] = []
        for node in nodes.reversed() {
            bytes.append(Address.separator)
            bytes.append(contentsOf: text(of: node).array)
        }
        return bytes
    }
}
