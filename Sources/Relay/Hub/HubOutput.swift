import RelayProtocol
package import RelayStorage

/// What the hub wants done: frames, each written once, and who gets them; connections to close; records to keep.
///
/// Flat buffers that are used again, so that a delivery costs no allocation. Whoever carries it out goes through the
/// actions in order and then calls `removeAll`.
package struct HubOutput: ~Copyable {
    package enum Action {
        /// Queue a frame for everybody in a list.
        case deliver(Delivery)
        case close(session: SessionIndex, code: UInt16, reason: Int)
        /// Look into the history.
        case replay(request: Int)
        /// Say `drained` as soon as little waits for the session.
        case awaitRoom(session: SessionIndex)
    }

    /// A frame for its one receiver, once everything up to `sequence` is as safe as asked for. Nothing else waits for
    /// it, so it stands beside the actions.
    package struct Acknowledgement {
        package let session: SessionIndex
        package let isCommit: Bool
        package let frame: Slice
        package let sequence: UInt64
    }

    package struct Delivery {
        package let frame: Slice
        package let targets: Slice
        package let kind: Kind
    }

    /// What a lagging receiver gets.
    package enum Kind {
        /// All of them.
        case every
        /// Not this frame, but the newest value of the address when it has caught up.
        case newestParam(AddressNumber)
        /// Not this frame, but the newest of its address.
        case newestStream(AddressNumber)
        /// Not this frame, but the newest of its gesture.
        case newestMove(AddressNumber, from: SessionIndex, gesture: UInt32)
    }

    package typealias AddressNumber = Int32

    package struct Slice {
        package let start: Int32
        package let count: Int32

        package static let none = Slice(start: 0, count: 0)
        package var isEmpty: Bool { count == 0 }
        package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    }

    package private(set) var actions: [Action] = []
    package private(set) var acknowledgements: [Acknowledgement] = []
    private var bytes = [UInt8](repeating: 0, count: 4 * WireLimits.maxFrameBytes)
    package private(set) var byteCount = 0
    private var targets: [SessionIndex] = []
    package private(set) var reasons: [String] = []
    package private(set) var requests: [ReplayRequest] = []
    /// The records of this turn.
    package var journal: JournalBatch

    package init(journal: JournalBatch) { self.journal = journal }

    package mutating func removeAll() {
        actions.removeAll(keepingCapacity: true)
        if !acknowledgements.isEmpty { acknowledgements.removeAll(keepingCapacity: true) }
        targets.removeAll(keepingCapacity: true)
        if !reasons.isEmpty { reasons.removeAll() }
        if !requests.isEmpty { requests.removeAll() }
        byteCount = 0
        if bytes.count > 1 << 20 { bytes = [UInt8](repeating: 0, count: 4 * WireLimits.maxFrameBytes) }
    }

    @_lifetime(borrow self)
    package func frame(_ slice: Slice) -> RawSpan { bytes.rawSpan.extracting(slice.range) }

    package var allTargets: Span<SessionIndex> {
        @_lifetime(borrow self)
        get { targets.span }
    }

    // MARK: Writing

    /// Writes a frame, at most as long as the protocol allows; nil when it would be longer.
    @inline(__always)
    mutating func frame(_ body: (inout ByteWriter) throws(WireError) -> Void) -> Slice? {
        if bytes.count &- byteCount < WireLimits.maxFrameBytes { makeRoom() }
        let start = byteCount
        do throws(WireError) {
            byteCount = try bytes.withWriter(after: start) { writer throws(WireError) in
                try body(&writer)
                return writer.count
            }
        } catch {
            return nil
        }
        return Slice(start: Int32(truncatingIfNeeded: start), count: Int32(truncatingIfNeeded: byteCount &- start))
    }

    private mutating func makeRoom() {
        bytes.append(contentsOf: repeatElement(0, count: bytes.count))
    }

    /// Takes over a frame that was written earlier.
    mutating func frame(_ copy: [UInt8]) -> Slice? {
        frame { writer throws(WireError) in try writer.append(copy.rawSpan) }
    }

    @inline(__always)
    mutating func deliver(_ frame: Slice, to sessions: [SessionIndex], except sender: SessionIndex? = nil, _ kind: Kind)
    {
        let start = targets.count
        if let sender {
            for session in sessions where session != sender { targets.append(session) }
        } else if sessions.count == 1 {
            // Mostly one listens, and appending a list costs as much as all the rest of this.
            targets.append(sessions[0])
        } else {
            targets.append(contentsOf: sessions)
        }
        let count = targets.count &- start
        guard count > 0 else { return }
        let slice = Slice(start: Int32(truncatingIfNeeded: start), count: Int32(truncatingIfNeeded: count))
        actions.append(.deliver(Delivery(frame: frame, targets: slice, kind: kind)))
    }

    mutating func send(_ frame: Slice, to session: SessionIndex, _ kind: Kind = .every) {
        let slice = Slice(start: Int32(truncatingIfNeeded: targets.count), count: 1)
        targets.append(session)
        actions.append(.deliver(Delivery(frame: frame, targets: slice, kind: kind)))
    }

    mutating func acknowledge(_ frame: Slice, to session: SessionIndex, isCommit: Bool) {
        if isCommit { journal.commit() } else { journal.confirm() }
        acknowledgements.append(
            Acknowledgement(session: session, isCommit: isCommit, frame: frame, sequence: journal.sequence))
    }

    mutating func close(_ session: SessionIndex, _ code: UInt16, _ reason: String) {
        actions.append(.close(session: session, code: code, reason: reasons.count))
        reasons.append(reason)
    }

    mutating func replay(_ request: ReplayRequest) {
        actions.append(.replay(request: requests.count))
        requests.append(request)
    }

    mutating func awaitRoom(_ session: SessionIndex) { actions.append(.awaitRoom(session: session)) }
}
