internal import CLinux
internal import RelayThreads
internal import Synchronization

/// Takes events from any thread and writes them on one of its own, so that a terminal or pipe that blocks never blocks
/// the relay. The queue is bounded: what does not fit is dropped, counted, and the count is told when there is room.
package final class LogWriter: Sendable {
    package static let defaultMaxEvents = 8_192
    /// What the texts of queued events may take together.
    package static let defaultMaxBytes = 4 << 20

    private struct Queue {
        var events: [LogEvent] = []
        var bytes = 0
        /// Dropped since the last line about it.
        var dropped = 0
        var isWriting = false
        var isClosed = false
    }

    let clock: @Sendable () -> Int64
    private let maxEvents: Int
    private let maxBytes: Int
    private let line: LogLine
    private let output: @Sendable ([UInt8]) -> Void
    private let queue = Monitor(Queue())
    private let rooms: Monitor<(filter: LogFilter, rooms: [LogRoom])>
    private let droppedEver = Atomic<Int>(0)
    private let thread: Monitor<BackgroundThread?>

    /// Writes to a file descriptor, usually 1 or 2.
    package convenience init(to descriptor: Int32, _ line: LogLine, filter: LogFilter) {
        self.init(line, filter: filter, clock: { WallClock.now }) { bytes in
            // A reader that has gone away leaves nobody to tell it to.
            _ = unsafe bytes.withUnsafeBytes { unsafe clinux_write_all(descriptor, $0.baseAddress, $0.count) }
        }
    }

    package init(
        _ line: LogLine, filter: LogFilter, maxEvents: Int = defaultMaxEvents, maxBytes: Int = defaultMaxBytes,
        clock: @escaping @Sendable () -> Int64, output: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.line = line
        self.maxEvents = maxEvents
        self.maxBytes = maxBytes
        self.clock = clock
        self.output = output
        rooms = Monitor((filter, []))
        thread = Monitor(nil)
        let running = BackgroundThread(name: "relay-log", niceness: 5) { [self] in run() }
        thread.withLock { $0 = running }
    }

    /// The handle for a room; the same room may be asked for twice.
    package func log(for name: String) -> Log {
        let room = rooms.withLock { state in
            if let known = state.rooms.first(where: { $0.name == name }) { return known }
            let room = LogRoom(name, state.filter.threshold(for: name))
            state.rooms.append(room)
            return room
        }
        return Log(room: room, writer: self)
    }

    /// Changes at run time who may say how much.
    package func use(_ filter: LogFilter) {
        rooms.withLock { state in
            state.filter = filter
            for room in state.rooms {
                room.threshold.store(filter.threshold(for: room.name).rawValue, ordering: .relaxed)
            }
        }
    }

    /// Events that found the queue full, since the start.
    package var dropped: Int { droppedEver.load(ordering: .relaxed) }

    func take(_ event: LogEvent) {
        let cost = event.fields.reduce(96) { $0 + $1.cost }
        queue.change { queue in
            if queue.isClosed || queue.events.count >= maxEvents || queue.bytes + cost > maxBytes {
                queue.dropped += 1
                droppedEver.add(1, ordering: .relaxed)
                return
            }
            queue.events.append(event)
            queue.bytes += cost
        }
    }

    /// Waits until everything taken so far is written, at most that long; false when the time was over first.
    package func flush(within time: Duration) -> Bool {
        queue.wait(upTo: time) { $0.events.isEmpty && !$0.isWriting ? true : nil } ?? false
    }

    /// Writes what is queued, if it can be done in that time, and ends the thread. A thread that hangs in a write is
    /// left to the end of the process.
    package func stop(within time: Duration) {
        queue.change { $0.isClosed = true }
        let isDone = flush(within: time)
        if isDone, let running = thread.withLock({ $0.take() }) { running.join() }
    }

    private func run() {
        var text: [UInt8] = []
        while let (events, dropped) = nextBatch() {
            text.removeAll(keepingCapacity: true)
            for event in events { line.append(event, to: &text) }
            if dropped > 0 {
                line.append(
                    LogEvent(
                        instant: clock(), level: .warn, room: "relay.log", sentence: "log lines dropped",
                        fields: [LogField("count", dropped)]),
                    to: &text)
            }
            output(text)
            queue.change { $0.isWriting = false }
        }
    }

    private func nextBatch() -> (events: [LogEvent], dropped: Int)? {
        queue.wait { queue -> (events: [LogEvent], dropped: Int)?? in
            if queue.events.isEmpty, queue.dropped == 0 { return queue.isClosed ? .some(nil) : nil }
            var events: [LogEvent] = []
            swap(&events, &queue.events)
            let dropped = queue.dropped
            queue.dropped = 0
            queue.bytes = 0
            queue.isWriting = true
            return (events, dropped)
        } ?? nil
    }
}
