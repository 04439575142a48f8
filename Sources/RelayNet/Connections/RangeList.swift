/// A stretch of an arena block that waits to be sent.
@safe
struct OutboundRange {
    let block: ArenaBlockPointer
    var offset: Int32
    var length: Int32
}

/// The ranges before the last one of an outbound queue. Empty, and without memory, for most connections most of the
/// time; a list that grows long is copied out by its owner instead.
@safe
struct RangeList: ~Copyable {
    static let maxCount = 512
    private var storage: UnsafeMutablePointer<OutboundRange>?
    private(set) var count: Int32 = 0
    private var capacity: Int32 = 0

    init() { unsafe storage = nil }

    deinit {
        unsafe storage?.deallocate()
    }

    var isFull: Bool { count >= Self.maxCount }

    subscript(index: Int32) -> OutboundRange {
        guard let storage = unsafe storage, index >= 0, index < count else {
            preconditionFailure("a range list is read within its count")
        }
        return unsafe storage[Int(index)]
    }

    mutating func append(_ range: OutboundRange) {
        precondition(!isFull, "a full list is copied out before it grows")
        if count == capacity {
            let wanted = max(4, capacity * 2)
            let grown = UnsafeMutablePointer<OutboundRange>.allocate(capacity: Int(wanted))
            if let storage = unsafe storage {
                unsafe grown.update(from: storage, count: Int(count))
                unsafe storage.deallocate()
            }
            unsafe storage = grown
            capacity = wanted
        }
        guard let storage = unsafe storage else { return }
        unsafe (storage + Int(count)).initialize(to: range)
        count += 1
    }

    mutating func clear() {
        unsafe storage?.deallocate()
        unsafe storage = nil
        count = 0
        capacity = 0
    }
}
