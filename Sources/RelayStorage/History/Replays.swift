internal import RelayThreads
internal import Synchronization

/// The thread that reads the past for those who ask. Many can ask at once: each gets its turn, and its next slice only
/// when it has asked for it.
final class Replays: Sendable {
    private struct Asked {
        let query: HistoryQuery
        let through: UInt64
        let epoch: UInt64
        /// Made when the journal has written everything up to `through`.
        var reader: ReplayReader?
        /// It is among `turns`.
        var isDue = true
    }

    private struct State {
        var asked: [ReplayID: Asked] = [:]
        /// Whose turn it is to be read, in order.
        var turns: [ReplayID] = []
        var ready: [HistorySlice] = []
        var next: UInt64 = 1
        var isClosed = false
    }

    private let state: Monitor<State>
    private let journal: Journal
    private let options: StorageOptions
    private let surroundings: StorageSurroundings
    private let thread: Monitor<BackgroundThread?>
    private let hasSlices = Atomic<Bool>(false)

    init(_ journal: Journal, _ options: StorageOptions, _ surroundings: StorageSurroundings) {
        self.journal = journal
        self.options = options
        self.surroundings = surroundings
        state = Monitor(State())
        thread = Monitor(nil)
    }

    func start() {
        let running = BackgroundThread(name: "relay-history", niceness: 10) { [self] in run() }
        thread.withLock { $0 = running }
    }

    func close() {
        state.change { $0.isClosed = true }
        thread.withLock { $0.take() }?.join()
    }

    // MARK: On the loop thread

    func ask(_ query: HistoryQuery, through: UInt64, epoch: UInt64) -> ReplayID? {
        state.change { state in
            guard !state.isClosed, state.asked.count < options.maxReplays else { return nil }
            let id = ReplayID(number: state.next)
            state.next &+= 1
            state.asked[id] = Asked(query: query, through: through, epoch: epoch)
            state.turns.append(id)
            return id
        }
    }

    func goOn(_ id: ReplayID) {
        state.change { state in
            guard state.asked[id]?.isDue == false else { return }
            state.asked[id]?.isDue = true
            state.turns.append(id)
        }
    }

    func cancel(_ id: ReplayID) {
        state.withLock { state in
            let asked = state.asked.removeValue(forKey: id)
            if asked?.isDue == true { state.turns.removeAll { $0 == id } }
            state.ready.removeAll { $0.replay == id }
        }
    }

    func take() -> [HistorySlice] {
        // One load while nobody asks.
        guard hasSlices.load(ordering: .acquiring) else { return [] }
        return state.withLock { state in
            hasSlices.store(false, ordering: .relaxed)
            defer { state.ready = [] }
            return state.ready
        }
    }

    // MARK: The reading thread

    private func run() {
        while let (id, asked) = nextTurn() {
            guard var reader = asked.reader ?? reader(for: asked) else {
                finish(id, nil, nil)
                continue
            }
            let turn = reader.turn()
            finish(id, reader, turn)
        }
    }

    private func nextTurn() -> (ReplayID, Asked)? {
        state.wait { state -> (ReplayID, Asked)?? in
            if state.isClosed { return .some(nil) }
            guard let id = state.turns.first, let asked = state.asked[id] else { return nil }
            state.turns.removeFirst()
            state.asked[id]?.isDue = false
            return .some((id, asked))
        } ?? nil
    }

    /// Nil when the journal is not there yet.
    private func reader(for asked: Asked) -> ReplayReader? {
        guard journal.waitUntilWritten(asked.through, upTo: options.watchInterval) else { return nil }
        return ReplayReader(
            asked.query, through: asked.through, epoch: asked.epoch, files: surroundings.files,
            directory: options.directory, segments: journal.segments)
    }

    private func finish(_ id: ReplayID, _ reader: ReplayReader?, _ turn: ReplayReader.Turn?) {
        let isReady = state.change { state in
            guard state.asked[id] != nil else { return false }
            state.asked[id]?.reader = reader
            guard let turn, !turn.isIdle else {
                state.asked[id]?.isDue = true
                state.turns.append(id)
                return false
            }
            if turn.end != nil { state.asked[id] = nil }
            state.ready.append(
                HistorySlice(replay: id, records: turn.records, position: turn.position, end: turn.end))
            hasSlices.store(true, ordering: .releasing)
            return true
        }
        if isReady { surroundings.wake() }
    }
}
