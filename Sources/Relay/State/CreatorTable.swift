/// Which user brought which param into being, so that one user is bounded however many sessions he has.
///
/// Knows what was made since the relay was started: no file says who made a param.
struct CreatorTable: Sendable {
    private struct Entry {
        let subject: Subject
        var params: Int
    }

    private static let nobody: Int32 = -1

    private var numbers: [Subject: Int32] = [:]
    private var entries: [Entry?] = []
    private var freed: [Int32] = []
    /// By address; as long as the highest number that a user's param has had.
    private var creators: [Int32] = []

    /// How many of a user's params are there still.
    func count(of subject: Subject) -> Int {
        numbers[subject].flatMap { entries[Int($0)]?.params } ?? 0
    }

    mutating func add(_ id: AddressID, by subject: Subject) {
        let number = number(of: subject)
        entries[Int(number)]?.params += 1
        while creators.count <= Int(id) { creators.append(Self.nobody) }
        creators[Int(id)] = number
    }

    /// The param is gone.
    mutating func remove(_ id: AddressID) {
        guard Int(id) < creators.count, creators[Int(id)] != Self.nobody else { return }
        let number = Int(creators[Int(id)])
        creators[Int(id)] = Self.nobody
        guard let entry = entries[number] else { return }
        entries[number]?.params -= 1
        guard entry.params == 1 else { return }
        numbers[entry.subject] = nil
        entries[number] = nil
        freed.append(Int32(truncatingIfNeeded: number))
    }

    private mutating func number(of subject: Subject) -> Int32 {
        if let number = numbers[subject] { return number }
        let number: Int32
        if let free = freed.popLast() {
            number = free
            entries[Int(number)] = Entry(subject: subject, params: 0)
        } else {
            number = Int32(truncatingIfNeeded: entries.count)
            entries.append(Entry(subject: subject, params: 0))
        }
        numbers[subject] = number
        return number
    }
}
