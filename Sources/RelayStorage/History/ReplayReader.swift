/// Answers one query, slice by slice.
struct ReplayReader: Sendable {
    /// What one slice holds at most, and how much journal is looked at before others get their turn.
    static let sliceRecords = 512
    static let sliceBytes = 32 << 10
    static let turnBytes = 4 << 20

    private let query: HistoryQuery
    /// The last position of the past: what comes later is heard live.
    private let through: UInt64
    private let epoch: UInt64
    private let oldest: UInt64
    private var history: JournalHistory
    private var position: UInt64
    private var given = 0
    /// Nothing is missing at the old end.
    private let reachesBack: Bool

    struct Turn {
        var records: [JournalHistory.Record] = []
        var position: UInt64
        var end: HistoryEnd?
        /// Nothing to hand out yet: it goes on when the others have had their turn.
        var isIdle: Bool { records.isEmpty && end == nil }
    }

    /// `segments` must contain everything up to `through`.
    init(
        _ query: HistoryQuery, through: UInt64, epoch: UInt64, files: any FileSystem, directory: String,
        segments: [SegmentInfo]
    ) {
        self.query = query
        self.through = through
        self.epoch = epoch
        var chain = SegmentChain()
        chain.segments = segments
        oldest = segments.first?.first ?? through &+ 1
        // A position of an epoch that nothing is left of says nothing about this one.
        let isKnown = query.epoch.map { asked in asked == epoch || segments.contains { $0.epoch == asked } } ?? true
        let after = isKnown ? query.after : 0
        position = after
        history = JournalHistory(files: files, directory: directory, segments: segments, after: after)
        let startsInside = oldest <= after &+ 1 || segments.first.map { $0.created <= query.from } == true
        let isOneHistory = chain.epochs(after: after, through: through, from: query.from).subtracting([epoch]).isEmpty
        reachesBack = startsInside && isOneHistory && (query.epoch ?? epoch) == epoch && after <= through
    }

    mutating func turn() -> Turn {
        var turn = Turn(position: position)
        var bytes = 0
        var looked = 0
        while turn.end == nil, turn.records.count < Self.sliceRecords, bytes < Self.sliceBytes, looked < Self.turnBytes
        {
            guard position < through, let (sequence, epoch, payload) = history.advance(), sequence <= through else {
                turn.end = end(isLimited: false)
                break
            }
            looked += payload.count
            let found = matching(history.bytes.span.extracting(payload), sequence, epoch)
            if given > 0, given + found.count > query.limit {
                turn.end = end(isLimited: true)
                break
            }
            position = sequence
            given += found.count
            if !found.isEmpty { bytes += payload.count }
            turn.records += found
            if given >= query.limit { turn.end = end(isLimited: position < through) }
        }
        history.rest()
        turn.position = position
        return turn
    }

    private mutating func end(isLimited: Bool) -> HistoryEnd {
        let isWhole = isLimited || position >= through
        return HistoryEnd(
            isComplete: reachesBack && isWhole && history.isComplete, isLimited: isLimited, oldest: oldest,
            epoch: epoch)
    }

    private mutating func matching(
        _ payload: Span<UInt8>, _ sequence: UInt64, _ epoch: UInt64
    ) -> [JournalHistory.Record] {
        var found: [JournalHistory.Record] = []
        guard var reader = JournalItemReader(payload) else { return found }
        while let item = reader.next() {
            guard query.types.contains(item.kind), query.from <= item.timestamp, item.timestamp <= query.to,
                query.matches(payload.extracting(item.address))
            else { continue }
            found.append(
                JournalHistory.Record(sequence: sequence, epoch: epoch, entry: JournalEntry(item, in: payload)))
        }
        return found
    }
}
