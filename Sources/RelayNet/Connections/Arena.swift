/// A stretch of encoded frames that several outbound queues point into.
@safe
struct ArenaBlock {
    /// Queue entries that point here, and one for the arena while it may still write.
    var references: Int32
    let capacity: Int32
    var used: Int32
    let bytes: UnsafeMutableRawPointer
}

typealias ArenaBlockPointer = UnsafeMutablePointer<ArenaBlock>

/// One encoded WebSocket frame, to be handed to any number of connections until the turn ends.
@safe
package struct FrameRange {
    let block: ArenaBlockPointer
    let offset: Int32
    let length: Int32
    /// The turn it was made in; a range from an earlier one may point at other bytes by now.
    let turn: UInt32

    package var count: Int { Int(length) }
}

/// Where frames are encoded once for all who get them: 256 KiB blocks, filled from the front, counted by the queues
/// that point into them. A plain count, because one thread owns all of it.
///
/// A block that nobody points into any more is used again from its beginning. Blocks that filled up during a turn are
/// kept until it ends, so that a `FrameRange` made in the turn stays good.
@safe
final class Arena {
    static let blockBytes = 256 * 1024
    /// Blocks kept for reuse; what is beyond goes back to the allocator.
    static let spareBlocks = 8

    private var current: ArenaBlockPointer
    private var spare: [ArenaBlockPointer] = unsafe []
    private var retired: [ArenaBlockPointer] = unsafe []
    private(set) var turn: UInt32 = 0
    /// Where the reservation in progress begins.
    private var reserved: Int32 = 0
    /// Encoded since the last `settle`.
    private(set) var bytesThisTurn = 0
    /// Blocks that exist, for tests and metrics.
    private(set) var blocks = 1

    init() {
        unsafe current = Self.allocate(Self.blockBytes)
    }

    deinit {
        unsafe Self.deallocate(current)
        for index in unsafe spare.indices { unsafe Self.deallocate(spare[index]) }
        for index in unsafe retired.indices { unsafe Self.deallocate(retired[index]) }
    }

    private static func allocate(_ bytes: Int) -> ArenaBlockPointer {
        let block = ArenaBlockPointer.allocate(capacity: 1)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe block.initialize(to: ArenaBlock(references: 1, capacity: Int32(bytes), used: 0, bytes: memory))
        return unsafe block
    }

    private static func deallocate(_ block: ArenaBlockPointer) {
        unsafe block.pointee.bytes.deallocate()
        unsafe block.deallocate()
    }

    /// Contiguous space at the end of a block; `commit` says how much of it became a frame.
    @inline(__always)
    func reserve(_ count: Int) -> UnsafeMutableRawPointer {
        precondition(count >= 0 && count <= 1 << 30, "a frame is at most 1 GiB; the message limit lies far below")
        if unsafe Int(current.pointee.used) &+ count > Int(current.pointee.capacity) { replaceCurrent(for: count) }
        unsafe reserved = current.pointee.used
        return unsafe current.pointee.bytes + Int(reserved)
    }

    /// Ends a reservation: `count` bytes from its beginning are the frame.
    @inline(__always)
    func commit(_ count: Int) -> FrameRange {
        let end = Int(reserved) &+ count
        precondition(
            unsafe count >= 0 && end <= Int(current.pointee.capacity), "a frame must fit what was reserved for it")
        unsafe current.pointee.used = Int32(truncatingIfNeeded: end)
        bytesThisTurn &+= count
        return unsafe FrameRange(
            block: current, offset: reserved, length: Int32(truncatingIfNeeded: count), turn: turn)
    }

    private func replaceCurrent(for count: Int) {
        unsafe retired.append(current)
        if count <= Self.blockBytes, let block = unsafe spare.popLast() {
            unsafe block.pointee.references = 1
            unsafe block.pointee.used = 0
            unsafe current = block
        } else {
            unsafe current = Self.allocate(max(count, Self.blockBytes))
            blocks += 1
        }
    }

    /// A queue no longer points into the block.
    func release(_ block: ArenaBlockPointer) {
        unsafe block.pointee.references -= 1
        if unsafe block.pointee.references == 0 { unsafe recycle(block) }
    }

    private func recycle(_ block: ArenaBlockPointer) {
        if unsafe block.pointee.capacity == Int32(Self.blockBytes) && spare.count < Self.spareBlocks {
            unsafe spare.append(block)
        } else {
            unsafe Self.deallocate(block)
            blocks -= 1
        }
    }

    /// Ends the turn: ranges made in it are no longer good, and a block without readers starts over.
    func settle() {
        bytesThisTurn = 0
        turn &+= 1
        if unsafe !retired.isEmpty {
            for index in unsafe retired.indices { unsafe release(retired[index]) }
            unsafe retired.removeAll(keepingCapacity: true)
        }
        if unsafe current.pointee.references == 1 && current.pointee.used > 0 {
            if unsafe current.pointee.capacity > Int32(Self.blockBytes) {
                replaceCurrent(for: 0)
                settle()
            } else {
                unsafe current.pointee.used = 0
            }
        }
    }
}
