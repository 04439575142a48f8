import RelayProtocol

/// The number of a writer's name, counted by the params that it wrote last.
typealias WriterID = Int32

/// Who wrote: session ids, mostly, each kept once however many params it wrote, and forgotten with the last of them.
struct WriterTable: Sendable {
    fileprivate struct Entry {
        var name: [UInt8]
        var uses: Int
    }

    /// The writer of what nobody is known to have written.
    static let nobody: WriterID = 0

    private var entries = [Entry(name: [], uses: 1)]
    private var freed: [WriterID] = []
    private var numbers: [[UInt8]: WriterID] = [:]

    init() {}

    var count: Int { entries.count - freed.count - 1 }

    /// The number of a name, which stays valid while somebody retains it.
    mutating func retain(_ name: [UInt8]) -> WriterID {
        if name.isEmpty { return Self.nobody }
        if let number = numbers[name] {
            entries[Int(number)].uses += 1
            return number
        }
        let number: WriterID
        if let free = freed.popLast() {
            number = free
            entries[Int(number)] = Entry(name: name, uses: 1)
        } else {
            number = WriterID(truncatingIfNeeded: entries.count)
            entries.append(Entry(name: name, uses: 1))
        }
        numbers[name] = number
        return number
    }

    mutating func retain(_ number: WriterID) {
        guard number != Self.nobody else { return }
        entries[Int(number)].uses += 1
    }

    mutating func release(_ number: WriterID) {
        guard number != Self.nobody else { return }
        entries[Int(number)].uses -= 1
        guard entries[Int(number)].uses == 0 else { return }
        numbers[entries[Int(number)].name] = nil
        entries[Int(number)].name = []
        freed.append(number)
    }

    func name(of number: WriterID) -> [UInt8] { entries[Int(number)].name }

    /// The names as they are now, for another thread.
    struct Names: Sendable {
        fileprivate let entries: [Entry]

        subscript(number: WriterID) -> [UInt8] { entries[Int(number)].name }
    }

    var names: Names { Names(entries: entries) }
}
