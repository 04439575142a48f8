/// What somebody wants to hear of the past.
package struct HistoryQuery: Sendable {
    /// The position behind which it begins: 0 is the oldest that is kept.
    package var after: UInt64
    /// The epoch that `after` counts in; nil for the present one.
    package var epoch: UInt64?
    /// Microseconds since 1970, as recorded, both inclusive.
    package var from: Int64 = .min
    package var to: Int64 = .max
    /// Of what matches everything else. A bundle is given whole or, unless it is the first, left for the next query.
    package var limit: Int = .max
    package var types = HistoryTypes()
    /// Whether an address is asked for. Called on a thread of the storage.
    package var matches: @Sendable (Span<UInt8>) -> Bool

    package init(after: UInt64 = 0, epoch: UInt64? = nil, matches: @escaping @Sendable (Span<UInt8>) -> Bool) {
        self.after = after
        self.epoch = epoch
        self.matches = matches
    }
}

/// Which kinds of records are asked for.
package struct HistoryTypes: Sendable, Equatable {
    /// Writes and removals of params.
    package var params = true
    /// A bit for each kind of signal that the hub has, counted from the lowest.
    package var signals: UInt64 = .max

    package init(params: Bool = true, signals: UInt64 = .max) {
        self.params = params
        self.signals = signals
    }

    func contains(_ kind: JournalItem.Kind) -> Bool {
        switch kind {
        case .set, .remove: params
        case .signal(let kind): kind < 64 && signals >> UInt64(kind) & 1 == 1
        }
    }
}

/// Names a query whose answer is still being given.
package struct ReplayID: Sendable, Hashable {
    let number: UInt64
}

/// A piece of an answer, in the order of positions. The next one is read when it is asked for.
package struct HistorySlice: Sendable {
    package let replay: ReplayID
    /// No bundles: their parts come one by one, with one position.
    package let records: [JournalHistory.Record]
    /// All up to here has been looked at: another query may go on behind it.
    package let position: UInt64
    /// Nil when more follows.
    package let end: HistoryEnd?
}

/// What can truthfully be said when an answer ends.
package struct HistoryEnd: Sendable, Equatable {
    /// Nothing that was asked for is missing between the place where the query began and `position`.
    package let isComplete: Bool
    /// The limit came before the present.
    package let isLimited: Bool
    /// The oldest position that is kept.
    package let oldest: UInt64
    /// The epoch that all positions of the future count in.
    package let epoch: UInt64
}
