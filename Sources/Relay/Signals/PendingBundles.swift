import RelayProtocol

/// Bundles whose time has not come.
struct PendingBundles {
    struct Bundle {
        let session: SessionIndex
        /// Unix microseconds at which it is to be applied.
        let time: UInt64
        let qualityOfService: QualityOfService
        let payload: [UInt8]
        /// Keeps those of the same time in the order in which they came.
        fileprivate let order: UInt64
    }

    private var bundles: [Bundle] = []
    private(set) var bytes = 0
    private var order: UInt64 = 0

    var count: Int { bundles.count }

    mutating func add(
        _ payload: [UInt8], of session: SessionIndex, at time: UInt64, _ qualityOfService: QualityOfService
    ) {
        order += 1
        let bundle = Bundle(
            session: session, time: time, qualityOfService: qualityOfService, payload: payload, order: order)
        // Latest first, so that the next one is taken from the end.
        let place = bundles.partitioningIndex { ($0.time, $0.order) <= (time, order) }
        bundles.insert(bundle, at: place)
        bytes += payload.count
    }

    /// When the next one is due.
    var next: UInt64? { bundles.last?.time }

    mutating func takeDue(at unix: UInt64) -> Bundle? {
        guard let last = bundles.last, last.time <= unix else { return nil }
        bytes -= last.payload.count
        return bundles.removeLast()
    }

    mutating func drop(session: SessionIndex) {
        guard !bundles.isEmpty else { return }
        bundles.removeAll {
            guard $0.session == session else { return false }
            bytes -= $0.payload.count
            return true
        }
    }
}
