/// Small numbers for keys. A key is kept once, however often it is used, and forgotten with the last use.
struct CountedTable<Key: Hashable & Sendable>: Sendable {
    typealias Number = Int32

    private struct Entry {
        var key: Key?
        var uses: Int
    }

    private var entries: [Entry] = []
    private var freed: [Number] = []
    private var numbers: [Key: Number] = [:]

    var count: Int { numbers.count }

    func uses(of key: Key) -> Int { numbers[key].map { entries[Int($0)].uses } ?? 0 }

    /// Nil for a number that is nobody's now.
    @inline(__always)
    subscript(number: Number) -> Key? { entries[Int(number)].key }

    /// The number of a key, which stays valid while somebody retains it.
    mutating func retain(_ key: Key) -> Number {
        if let number = numbers[key] {
            entries[Int(number)].uses += 1
            return number
        }
        let number: Number
        if let free = freed.popLast() {
            number = free
            entries[Int(number)] = Entry(key: key, uses: 1)
        } else {
            number = Number(truncatingIfNeeded: entries.count)
            entries.append(Entry(key: key, uses: 1))
        }
        numbers[key] = number
        return number
    }

    @inline(__always)
    mutating func retain(_ number: Number) { entries[Int(number)].uses += 1 }

    @inline(__always)
    mutating func release(_ number: Number) {
        entries[Int(number)].uses -= 1
        if entries[Int(number)].uses == 0 { forget(number) }
    }

    @inline(never)
    private mutating func forget(_ number: Number) {
        if let key = entries[Int(number)].key { numbers[key] = nil }
        entries[Int(number)].key = nil
        freed.append(number)
    }
}
