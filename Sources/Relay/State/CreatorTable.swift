/// Which user brought which param into being, so that one user is bounded however many sessions he has.
///
/// Knows what was made since the relay was started: no file says who made a param.
struct CreatorTable: Sendable {
    private static let nobody: Int32 = -1

    /// Each used once per param that is there still.
    private var users = CountedTable<Subject>()
    /// By address; as long as the highest number that a user's param has had.
    private var creators: [Int32] = []

    /// How many of a user's params are there still.
    func count(of subject: Subject) -> Int { users.uses(of: subject) }

    mutating func add(_ id: AddressID, by subject: Subject) {
        while creators.count <= Int(id) { creators.append(Self.nobody) }
        creators[Int(id)] = users.retain(subject)
    }

    /// The param is gone.
    mutating func remove(_ id: AddressID) {
        guard Int(id) < creators.count, creators[Int(id)] != Self.nobody else { return }
        users.release(creators[Int(id)])
        creators[Int(id)] = Self.nobody
    }
}
