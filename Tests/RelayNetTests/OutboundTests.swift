import RelayTestKit
import Testing

@testable import RelayNet

@Suite struct OutboundTests {
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `queues carry what was put in, under random use`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = ByteQueue()
        var model: [UInt8] = []
        for _ in 0..<500 {
            if random.next() % 2 == 0 {
                let piece = (0..<Int(random.next() % 400)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                unsafe queue.append(piece.span.bytes)
                model += piece
            } else {
                let count = Int(random.next() % UInt64(model.count + 1))
                queue.consume(count)
                model.removeFirst(count)
            }
            let count = queue.count
            #expect(count == model.count)
        }
        let octets = queue.octets
        #expect(octets == model)
        queue.reset()
        let isEmpty = queue.isEmpty
        #expect(isEmpty)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `an arena keeps every referenced frame whole and reuses the rest`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let arena = Arena()
        var held: [(range: FrameRange, bytes: [UInt8])] = []
        for _ in 0..<60 {
            for _ in 0..<(random.next() % 6) {
                let size = random.next() % 20 == 0 ? 300_000 : Int(random.next() % 40_000)
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: size)
                let start = unsafe arena.reserve(size + 10)
                unsafe start.copyMemory(from: bytes, byteCount: size)
                let range = arena.commit(size)
                if random.next() % 2 == 0 {
                    unsafe range.block.pointee.references += 1
                    held.append((range, bytes))
                }
            }
            arena.settle()
            for _ in 0..<(random.next() % 5) where !held.isEmpty {
                let (range, bytes) = held.remove(at: Int(random.next() % UInt64(held.count)))
                let found = unsafe UnsafeRawBufferPointer(
                    start: range.block.pointee.bytes + Int(range.offset), count: range.count)
                #expect(unsafe found.elementsEqual(bytes))
                unsafe arena.release(range.block)
            }
        }
        for (range, _) in held { unsafe arena.release(range.block) }
        arena.settle()
        #expect(arena.blocks <= Arena.spareBlocks + 2, "what nobody points into goes back")
    }

}

extension ByteQueue {
    var octets: [UInt8] { unsafe [UInt8](buffer) }
}
