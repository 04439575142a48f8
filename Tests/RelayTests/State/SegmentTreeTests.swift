@testable import Relay
import RelayProtocol
import RelayTestKit
import Testing

/// Addresses and patterns from few letters, so that they meet.
struct SmallAddresses {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func pick(_ items: [String]) -> String { items[Int.random(in: 0..<items.count, using: &random)] }

    mutating func address() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...4, using: &random) { text += "/" + pick(["a", "b", "ab", "ba", "abc"]) }
        return Int.random(in: 0..<12, using: &random) == 0 ? text + "/" : text
    }

    mutating func pattern() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            text += "/" + pick(["a", "b", "ab", "*", "*", "**", "**", "a*", "*b", "a*c", "**a", "***"])
        }
        return Int.random(in: 0..<12, using: &random) == 0 ? text + "/" : text
    }
}

@Suite struct `The tree of segments` {
    @Test func `finds what a pattern matches, and nothing else`() {
        var source = SmallAddresses(seed: 11)
        var tree = SegmentTree(seed: 2)
        var known: [String: Int32] = [:]
        for step in 0..<4_000 {
            let address = source.address()
            let bytes = Array(address.utf8)
            if known[address] == nil, let node = tree.insert(bytes.rawSpan) {
                known[address] = Int32(step)
                tree.setContent(Int32(step), of: node)
            } else if let node = tree.find(bytes.rawSpan) {
                known[address] = nil
                tree.removeContent(of: node)
            }
            let text = source.pattern()
            guard step % 4 == 0, let pattern = Pattern(text) else { continue }
            var found: [Int32] = []
            let isComplete = tree.walk(pattern, budget: 100_000) { found.append($0) }
            let expected = known.filter { NaiveMatcher.matches(Array(text.utf8), Array($0.key.utf8)) }.map(\.value)
            #expect(isComplete)
            #expect(found.sorted() == expected.sorted(), "\(text)")
        }
        for address in known.keys {
            if let node = tree.find(Array(address.utf8).rawSpan) { tree.removeContent(of: node) }
        }
        let isEmpty = tree[SegmentTree.root].firstChild == SegmentTree.none
        #expect(isEmpty)
    }

    @Test func `gives up when a walk would be too long`() {
        var tree = SegmentTree(seed: 2)
        for number in 0..<1_000 {
            if let node = tree.insert(Array("/a/\(number)".utf8).rawSpan) { tree.setContent(Int32(number), of: node) }
        }
        for text in ["/**", "/a/*", "/*/1", "/**/7"] {
            guard let pattern = Pattern(text) else { continue }
            var found = 0
            let isComplete = tree.walk(pattern, budget: 100) { _ in found += 1 }
            #expect(isComplete == (text == "/*/1"))
            #expect(found <= 100)
        }
    }
}

@Suite struct `The index of patterns` {
    @Test func `finds the listeners of an address as the naive matcher does`() {
        var source = SmallAddresses(seed: 17)
        var index = PatternIndex(seed: 3)
        var subscribed: [(text: String, entry: Int32, session: UInt32, id: UInt32)] = []
        var differences = 0
        for step in 0..<6_000 {
            if subscribed.count < 120, step % 3 != 0 {
                let text = source.pattern()
                guard let pattern = Pattern(text) else { continue }
                let session = UInt32(step % 7)
                let listener = PatternIndex.Listener(
                    session: session, subscription: UInt32(step), types: [], pace: nil)
                if let entry = index.add(pattern, listener) {
                    subscribed.append((text, entry, session, UInt32(step)))
                }
            } else if !subscribed.isEmpty {
                let gone = subscribed.remove(at: Int.random(in: 0..<subscribed.count, using: &source.random))
                index.remove(gone.entry, session: gone.session, subscription: gone.id)
            }
            let address = source.address()
            var found: [UInt32] = []
            var entries: [(entry: Int32, isBare: Bool)] = []
            let bytes = Array(address.utf8)
            index.match(bytes.rawSpan) { entries.append(($0, $1)) }
            for (entry, isBare) in entries {
                found += index.listeners(of: entry).map(\.subscription)
                // Bare: only because the last ** took nothing.
                let text = index.pattern(of: entry)?.text ?? ""
                let isBelow = NaiveMatcher.matches(Array((text + "/*").utf8), bytes)
                if isBare != (text.hasSuffix("/**") && !isBelow) { differences += 1 }
            }
            let expected = subscribed.filter { NaiveMatcher.matches(Array($0.text.utf8), bytes) }.map(\.id)
            if found.sorted() != expected.sorted() { differences += 1 }
            if Set(entries.map(\.entry)).count != entries.count { differences += 1 }
            if index.count != subscribed.count { differences += 1 }
        }
        #expect(differences == 0)
    }

    @Test func `is not slowed down by stars upon stars`() {
        var index = PatternIndex(seed: 3)
        let stars = String(repeating: "/**/a", count: 100)
        for number in 0..<50 {
            guard let pattern = Pattern(stars + "/\(number)") else { continue }
            _ = index.add(
                pattern, PatternIndex.Listener(session: 1, subscription: UInt32(number), types: [], pace: nil))
        }
        let address = Array((String(repeating: "/a", count: 400) + "/7").utf8)
        var found = 0
        index.match(address.rawSpan) { _, _ in found += 1 }
        #expect(found == 1)
    }
}

@Suite struct `The cache of listeners` {
    private func audience(_ sessions: [UInt32]) -> MatchCache.Audience {
        MatchCache.Audience(plain: sessions, paced: [], wantsHistory: false)
    }

    @Test func `finds what was stored, until it is dropped`() {
        var cache = MatchCache(maxPlaces: 1 << 12, maxListeners: 1 << 20)
        let place = cache.store(audience([1, 2]), for: 5, .param)
        #expect(cache.find(5, .param) == place)
        #expect(cache[place].plain == [1, 2])
        #expect(cache.find(5, .event) == nil)
        #expect(cache.find(6, .param) == nil)
        _ = cache.store(audience([3]), for: 5, .event)
        cache.drop(5)
        #expect(cache.find(5, .param) == nil && cache.find(5, .event) == nil)
        _ = cache.store(audience([3]), for: 5, .event)
        cache.dropAll()
        #expect(cache.find(5, .event) == nil)
    }

    @Test func `is never wrong, however much it is asked to hold`() {
        var random = SeededRandom(seed: 23)
        var cache = MatchCache(maxPlaces: 2_048, maxListeners: 5_000)
        var truth: [Int64: [UInt32]] = [:]
        var wrong = 0
        var found = 0
        for step in 0..<200_000 {
            let id = AddressID(Int.random(in: 0..<3_000, using: &random))
            let signal = Signal.allCases[Int.random(in: 0..<5, using: &random)]
            let key = Int64(id) * 8 + Int64(signal.rawValue)
            switch Int.random(in: 0..<1_000, using: &random) {
            case 0:
                cache.dropAll()
                truth = [:]
            case 1..<50:
                cache.drop(id)
                for signal in Signal.allCases { truth[Int64(id) * 8 + Int64(signal.rawValue)] = nil }
            default:
                if let place = cache.find(id, signal) {
                    found += 1
                    if cache[place].plain != truth[key] { wrong += 1 }
                } else {
                    let sessions = [UInt32(step % 97), UInt32(100 + step % 31)]
                    truth[key] = sessions
                    let place = cache.store(audience(sessions), for: id, signal)
                    if cache[place].plain != sessions { wrong += 1 }
                }
            }
            if cache.listenerCount > 5_000 { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(found > 1_000)
    }
}
