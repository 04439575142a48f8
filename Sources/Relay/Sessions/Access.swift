import RelayProtocol

/// A session's rights, with a memory of what was asked before: holding an address against twenty scopes takes longer
/// than all the rest of a SET.
final class Access: @unchecked Sendable {
    let subject: Subject?
    private let scopes: SessionScopes

    private struct Answer {
        var id: AddressID = -1
        var generation: UInt32 = 0
        var mayRead = false
        var mayWrite = false
    }

    private static let places = 64
    private var answers: [Answer] = []

    init(_ admission: Admission) {
        subject = admission.subject
        scopes = admission.scopes
    }

    func maySubscribe(to pattern: Pattern) -> Bool { scopes.allowsSubscribing(to: pattern) }

    func mayRead(_ address: RawSpan) -> Bool { scopes.allowsReading(address) }
    func mayWrite(_ address: RawSpan) -> Bool { scopes.allowsWriting(address) }

    func mayWrite(_ address: RawSpan, id: AddressID, generation: UInt32) -> Bool {
        answer(address, id, generation).mayWrite
    }

    func mayRead(_ address: RawSpan, id: AddressID, generation: UInt32) -> Bool {
        answer(address, id, generation).mayRead
    }

    private func answer(_ address: RawSpan, _ id: AddressID, _ generation: UInt32) -> Answer {
        if answers.isEmpty { answers = [Answer](repeating: Answer(), count: Self.places) }
        let place = Int(id) & (Self.places - 1)
        let known = answers[place]
        if known.id == id, known.generation == generation { return known }
        let answer = Answer(
            id: id, generation: generation, mayRead: mayRead(address), mayWrite: mayWrite(address))
        answers[place] = answer
        return answer
    }
}
