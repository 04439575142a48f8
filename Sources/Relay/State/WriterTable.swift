import RelayProtocol

/// The number of a writer's name, counted by the params that it wrote last.
typealias WriterID = Int32

/// Who wrote: session ids, mostly, each kept once however many params it wrote, and forgotten with the last of them.
struct WriterTable: Sendable {
    /// The writer of what nobody is known to have written.
    static let nobody: WriterID = 0

    private var table = CountedTable<[UInt8]>()

    /// Nobody has the first number, and is never forgotten.
    init() { _ = table.retain([]) }

    var count: Int { table.count - 1 }

    /// The number of a name, which stays valid while somebody retains it.
    mutating func retain(_ name: [UInt8]) -> WriterID { name.isEmpty ? Self.nobody : table.retain(name) }

    mutating func retain(_ number: WriterID) {
        if number != Self.nobody { table.retain(number) }
    }

    mutating func release(_ number: WriterID) {
        if number != Self.nobody { table.release(number) }
    }

    func name(of number: WriterID) -> [UInt8] { table[number] ?? [] }

    /// The names as they are now, for another thread.
    struct Names: Sendable {
        fileprivate let table: CountedTable<[UInt8]>

        subscript(number: WriterID) -> [UInt8] { table[number] ?? [] }
    }

    var names: Names { Names(table: table) }
}
