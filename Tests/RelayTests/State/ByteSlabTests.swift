@testable import Relay
import RelayProtocol
import RelayTestKit
import Testing

@Suite struct `The slab of texts` {
    private func text(_ random: inout SeededRandom) -> [UInt8] {
        let count = Int.random(in: 0...(Bool.random(using: &random) ? 40 : ByteSlab.maxBytes), using: &random)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test func `gives back what was stored, whatever came and went meanwhile`() {
        var random = SeededRandom(seed: 5)
        var slab = ByteSlab()
        var kept: [(ByteSlab.Place, [UInt8])] = []
        for _ in 0..<20_000 {
            if kept.count > 300 || (!kept.isEmpty && Int.random(in: 0..<3, using: &random) == 0) {
                let (place, expected) = kept.swapRemove(Int.random(in: 0..<kept.count, using: &random))
                let found = slab.text(at: place).array
                #expect(found == expected)
                slab.free(place)
            } else {
                let new = text(&random)
                guard let place = slab.store(new.rawSpan) else {
                    Issue.record("not stored")
                    return
                }
                kept.append((place, new))
            }
        }
        for (place, expected) in kept {
            let found = slab.text(at: place).array
            #expect(found == expected)
        }
    }

    @Test func `takes no text longer than an address`() {
        var slab = ByteSlab()
        let fits = slab.store([UInt8](repeating: 1, count: 1_024).rawSpan) != nil
        let doesNotFit = slab.store([UInt8](repeating: 1, count: 1_025).rawSpan) == nil
        #expect(fits && doesNotFit)
    }

    @Test func `hands nothing out again while somebody reads`() {
        var slab = ByteSlab()
        let first = Array("first one".utf8)
        guard let place = slab.store(first.rawSpan) else { return }
        do {
            let reader = slab.reader()
            slab.free(place)
            for number in 0..<100 { _ = slab.store(Array("other \(number)".utf8).rawSpan) }
            let found = reader.text(at: place).array
            #expect(found == first)
        }
        guard let other = slab.store(Array("x".utf8).rawSpan) else { return }
        // Given back once the reader is gone, and then used again.
        slab.free(other)
        let again = [slab.store(first.rawSpan)?.slot, slab.store(first.rawSpan)?.slot]
        #expect(again.contains(place.slot))
    }
}

extension Array {
    fileprivate mutating func swapRemove(_ index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}
