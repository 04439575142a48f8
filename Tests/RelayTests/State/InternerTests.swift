@testable import Relay
import RelayProtocol
import RelayTestKit
import Testing

@Suite struct `The interner` {
    @Test func `gives every address one number, and the number back`() {
        var random = SeededRandom(seed: 9)
        var interner = Interner(seed: 1)
        var known: [String: Int32] = [:]
        var wrong = 0
        for _ in 0..<60_000 {
            let name =
                "/\(Int.random(in: 0..<8_000, using: &random))/"
                + String(repeating: "s", count: Int.random(in: 0..<30, using: &random) / 10 * 7)
            let bytes = Array(name.utf8)
            if Int.random(in: 0..<5, using: &random) == 0 {
                if let id = known.removeValue(forKey: name) { interner.remove(id) }
            } else if let (id, isNew) = interner.intern(bytes.rawSpan) {
                if isNew != (known[name] == nil) || known[name] ?? id != id { wrong += 1 }
                known[name] = id
            }
            if interner.find(bytes.rawSpan) != known[name] { wrong += 1 }
        }
        for (name, id) in known where interner.address(of: id).text != name { wrong += 1 }
        #expect(wrong == 0)
        #expect(interner.count == known.count)
        #expect(Set(known.values).count == known.count)
        #expect(Int(interner.limit) <= 24_000)
    }

    @Test func `knows nothing of a number that it took back`() {
        var interner = Interner(seed: 1)
        guard let (id, _) = interner.intern(Array("/a".utf8).rawSpan) else { return }
        interner.remove(id)
        interner.remove(id)
        let isEmpty = interner.address(of: id).isEmpty && interner.address(of: 77).isEmpty
        #expect(isEmpty)
        #expect(interner.count == 0)
        let tooLong = interner.intern([UInt8](repeating: 65, count: 2_000).rawSpan) == nil
        #expect(tooLong)
    }
}
