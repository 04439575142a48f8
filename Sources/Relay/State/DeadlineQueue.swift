/// What is due when: a binary heap. Entries are never taken out early; whoever takes one when it is due looks whether
/// it still means anything.
struct DeadlineQueue<Item: Sendable>: Sendable {
    private var heap: [(deadline: UInt64, item: Item)] = []

    init() {}

    var count: Int { heap.count }
    var next: UInt64? { heap.first?.deadline }

    mutating func add(_ item: Item, at deadline: UInt64) {
        heap.append((deadline, item))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].deadline > heap[child].deadline {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popDue(at now: UInt64) -> Item? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.item }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].deadline < heap[least].deadline { least = child }
            }
            guard least != parent else { return first.item }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
