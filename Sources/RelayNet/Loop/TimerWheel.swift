/// A timer that was set; stays harmless when it has fired or been cancelled since.
package struct TimerID: Equatable, Sendable {
    let index: Int32
    let generation: UInt32
    package static let none = TimerID(index: -1, generation: 0)
}

/// Many timers, each a deadline in ticks and a token, on a clock that is turned by hand.
///
/// Hierarchical: level L has 64 slots of 64^L ticks. A timer sits at the level of the highest digit (base 64) in which
/// its deadline differs from the clock, and moves down a level each time the clock reaches its slot, so setting and
/// cancelling are O(1) and a timer is moved at most `levels` times.
package struct TimerWheel {
    private static let levels = 7
    private static let slots = 64
    /// 64^7 ticks; a deadline beyond waits in the last slot and is looked at again.
    private static let span: UInt64 = 1 << 42

    private struct Node {
        var deadline: UInt64
        var token: UInt64
        var next: Int32
        var previous: Int32
        var generation: UInt32
        /// The list the node is in, -1 when it is free.
        var list: Int32
    }

    private var nodes: [Node] = []
    private var free: Int32 = -1
    private var heads: [Int32]
    private var tails: [Int32]
    /// One bit per slot that is not empty.
    private var occupied: [UInt64]
    /// The tick that has been reached.
    package private(set) var now: UInt64
    package private(set) var count = 0

    package init(now: UInt64 = 0) {
        self.now = now
        heads = Array(repeating: -1, count: Self.levels * Self.slots)
        tails = heads
        occupied = Array(repeating: 0, count: Self.levels)
    }

    /// Sets a timer. A deadline that has passed fires at the next tick.
    package mutating func set(_ token: UInt64, at deadline: UInt64) -> TimerID {
        let index: Int32
        if free >= 0 {
            index = free
            free = nodes[Int(index)].next
        } else {
            index = Int32(nodes.count)
            nodes.append(Node(deadline: 0, token: 0, next: -1, previous: -1, generation: 0, list: -1))
        }
        nodes[Int(index)].deadline = max(deadline, now + 1)
        nodes[Int(index)].token = token
        place(index)
        count += 1
        return TimerID(index: index, generation: nodes[Int(index)].generation)
    }

    /// Takes a timer back; answers whether it was still to come.
    @discardableResult
    package mutating func cancel(_ timer: TimerID) -> Bool {
        guard timer.index >= 0, Int(timer.index) < nodes.count else { return false }
        let node = nodes[Int(timer.index)]
        guard node.generation == timer.generation, node.list >= 0 else { return false }
        unlink(timer.index)
        release(timer.index)
        return true
    }

    /// The earliest tick at which `advance` may have something to do: exact for near timers, early for far ones.
    package var nextDeadline: UInt64? { earliest()?.start }

    /// Turns the clock to `tick`, never back, and appends the tokens that are due, earliest first.
    package mutating func advance(to tick: UInt64, into due: inout [UInt64]) {
        while let (level, slot, start) = earliest(), start <= tick {
            now = max(now, start)
            let list = level * Self.slots + slot
            var index = heads[list]
            heads[list] = -1
            tails[list] = -1
            occupied[level] &= ~(1 << UInt64(slot))
            while index >= 0 {
                let next = nodes[Int(index)].next
                if nodes[Int(index)].deadline <= now {
                    due.append(nodes[Int(index)].token)
                    release(index)
                } else {
                    place(index)
                }
                index = next
            }
        }
        now = max(now, tick)
    }

    private func earliest() -> (level: Int, slot: Int, start: UInt64)? {
        for level in 0..<Self.levels {
            if let (slot, start) = nextSlot(at: level) { return (level, slot, start) }
        }
        return nil
    }

    /// The first occupied slot of a level after the clock, and the tick at which it begins. Lower levels come first:
    /// all they hold lies within one slot of the level above.
    private func nextSlot(at level: Int) -> (slot: Int, start: UInt64)? {
        guard occupied[level] != 0 else { return nil }
        let shift = UInt64(level * 6)
        let position = (now >> shift) & 63
        let rotated = occupied[level] >> position | (position == 0 ? 0 : occupied[level] << (64 - position))
        let distance = UInt64(rotated.trailingZeroBitCount)
        let start = ((now >> shift) + distance) << shift
        return (Int((position + distance) & 63), start)
    }

    private mutating func place(_ index: Int32) {
        let deadline = min(nodes[Int(index)].deadline, now + Self.span - 1)
        let differing = (deadline ^ now) | 1
        let level = min((63 - differing.leadingZeroBitCount) / 6, Self.levels - 1)
        let slot = Int((deadline >> UInt64(level * 6)) & 63)
        let list = level * Self.slots + slot
        let last = tails[list]
        nodes[Int(index)].list = Int32(list)
        nodes[Int(index)].next = -1
        nodes[Int(index)].previous = last
        if last >= 0 { nodes[Int(last)].next = index } else { heads[list] = index }
        tails[list] = index
        occupied[level] |= 1 << UInt64(slot)
    }

    private mutating func unlink(_ index: Int32) {
        let node = nodes[Int(index)]
        let list = Int(node.list)
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { heads[list] = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous } else { tails[list] = node.previous }
        if heads[list] < 0 { occupied[list / Self.slots] &= ~(1 << UInt64(list % Self.slots)) }
    }

    private mutating func release(_ index: Int32) {
        nodes[Int(index)].generation &+= 1
        nodes[Int(index)].list = -1
        nodes[Int(index)].next = free
        free = index
        count -= 1
    }
}
