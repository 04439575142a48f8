import RelayProtocol
import Synchronization

/// Memory for many short texts, addresses above all: blocks of a mebibyte, cut into pieces of whole 16-byte units.
///
/// A freed piece is handed out again to the next text of its size, so churn does not grow the memory. It never moves
/// what it holds, and a text is named by a few bytes instead of a pointer. So another thread may read texts that are in
/// use, through a `Reader`: while there is one, nothing is handed out again.
@safe
struct ByteSlab: ~Copyable, @unchecked Sendable {
    /// Where a text starts, in units. Zero is never handed out: it stands for the empty text.
    typealias Slot = UInt32

    struct Place {
        var slot: Slot = 0
        var count: UInt16 = 0
    }

    private static let unitBytes = 16
    private static let blockBytes = 1 << 20
    private static let unitsPerBlock = blockBytes / unitBytes

    /// Also in `memory`; here it is read without a look at who else might be writing.
    private var blocks: [UnsafeMutableRawPointer] = unsafe []
    private let memory = Memory()
    private var nextUnit = 1
    /// Per number of units the head of a list that runs through the freed pieces themselves.
    private var freed = [Slot](repeating: 0, count: maxBytes / unitBytes + 1)
    /// Given back while somebody reads.
    private var waiting: [Place] = []

    /// The longest text that fits.
    static let maxBytes = WireLimits.maxAddressBytes

    init() {}

    /// Copies a text in. Longer ones than `maxBytes` are refused.
    mutating func store(_ text: RawSpan) -> Place? {
        guard text.byteCount <= Self.maxBytes else { return nil }
        guard text.byteCount > 0 else { return Place() }
        let slot = take(Self.units(text.byteCount))
        unsafe text.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe pointer(to: slot).copyMemory(from: start, byteCount: source.count)
        }
        return Place(slot: slot, count: UInt16(truncatingIfNeeded: text.byteCount))
    }

    /// The text that was stored there.
    @inline(__always)
    @_lifetime(borrow self)
    func text(at place: Place) -> RawSpan {
        guard place.slot > 0 else { return RawSpan() }
        let span = unsafe RawSpan(_unsafeStart: pointer(to: place.slot), byteCount: Int(place.count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    mutating func free(_ place: Place) {
        guard place.slot > 0 else { return }
        if memory.isRead {
            waiting.append(place)
            return
        }
        release(place)
        guard !waiting.isEmpty else { return }
        for place in waiting { release(place) }
        waiting.removeAll(keepingCapacity: false)
    }

    private mutating func release(_ place: Place) {
        let units = Self.units(Int(place.count))
        unsafe pointer(to: place.slot).storeBytes(of: freed[units], as: Slot.self)
        freed[units] = place.slot
    }

    private static func units(_ count: Int) -> Int { (count + unitBytes - 1) / unitBytes }

    private mutating func take(_ units: Int) -> Slot {
        let head = freed[units]
        if head > 0 {
            freed[units] = unsafe pointer(to: head).load(as: Slot.self)
            return head
        }
        let isSplit = nextUnit % Self.unitsPerBlock + units > Self.unitsPerBlock
        if isSplit { nextUnit = (nextUnit / Self.unitsPerBlock + 1) * Self.unitsPerBlock }
        if unsafe nextUnit / Self.unitsPerBlock >= blocks.count {
            let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockBytes, alignment: Self.unitBytes)
            unsafe blocks.append(block)
            unsafe memory.blocks.append(block)
        }
        defer { nextUnit += units }
        return Slot(nextUnit)
    }

    /// Slots come from `store` only, so the block exists; the array's own check stands guard all the same.
    @inline(__always)
    private func pointer(to slot: Slot) -> UnsafeMutableRawPointer {
        unsafe Self.pointer(to: slot, in: blocks)
    }

    @inline(__always)
    private static func pointer(
        to slot: Slot, in blocks: [UnsafeMutableRawPointer]
    ) -> UnsafeMutableRawPointer {
        let unit = Int(slot)
        return unsafe blocks[unit / unitsPerBlock] + unit % unitsPerBlock * unitBytes
    }

    // MARK: Other threads

    /// The blocks, which live as long as somebody may look at them.
    @safe
    fileprivate final class Memory: @unchecked Sendable {
        /// Touched by the slab's owner only; readers have a copy.
        var blocks: [UnsafeMutableRawPointer] = unsafe []
        let readers = Atomic<Int>(0)

        var isRead: Bool { readers.load(ordering: .acquiring) > 0 }

        deinit {
            unsafe blocks.forEach { unsafe $0.deallocate() }
        }
    }

    /// Reads, on any thread, texts that were in use when it was made.
    @safe
    final class Reader: @unchecked Sendable {
        private let memory: Memory
        private let blocks: [UnsafeMutableRawPointer]

        fileprivate init(_ memory: Memory) {
            self.memory = memory
            unsafe blocks = memory.blocks
            memory.readers.wrappingAdd(1, ordering: .acquiringAndReleasing)
        }

        deinit { memory.readers.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

        @_lifetime(borrow self)
        func text(at place: Place) -> RawSpan {
            guard place.slot > 0 else { return RawSpan() }
            let start = unsafe ByteSlab.pointer(to: place.slot, in: blocks)
            return unsafe _overrideLifetime(
                RawSpan(_unsafeStart: start, byteCount: Int(place.count)), borrowing: self)
        }
    }

    func reader() -> Reader { Reader(memory) }
}
