import RelayNet

/// ACKs that wait for the disk, in order. The writes they are for have been carried out; nothing else waits.
///
/// Under steady load somebody always waits, so what has been sent is given back on the way: at most as much again as
/// what waits is held.
struct Acknowledgements {
    /// Some for one connection, one behind the other, whose records are written together.
    private struct Waiting {
        let connection: ConnectionID
        /// Of the last of their records.
        let sequence: UInt64
        let byteCount: Int
    }

    private var waiting: [Waiting] = []
    private var head = 0
    /// Their frames, one behind the other; those before `start` have been sent.
    private var bytes: [UInt8] = []
    private var start = 0

    /// Bytes that have been sent and are held, from which on it is worth moving what waits to the front.
    private static let leastToGiveBack = 64 << 10
    /// Sent at once to one connection.
    private static let mostAtOnce = 64 << 10

    /// Takes some of one turn.
    mutating func add(
        _ acknowledgements: ArraySlice<HubOutput.Acknowledgement>, of output: borrowing HubOutput,
        to connection: ConnectionID
    ) {
        var begun = bytes.count
        for (place, next) in zip(acknowledgements.indices, acknowledgements) {
            bytes.appendFrame(.binary, output.frame(next.frame))
            let byteCount = bytes.count - begun
            guard byteCount >= Self.mostAtOnce || place == acknowledgements.endIndex - 1 else { continue }
            waiting.append(Waiting(connection: connection, sequence: next.sequence, byteCount: byteCount))
            begun = bytes.count
        }
    }

    /// Sends those whose record is as safe as asked for.
    mutating func release(upTo sequence: UInt64, on loop: EventLoop) {
        while head < waiting.count, waiting[head].sequence <= sequence {
            let next = waiting[head]
            let end = start + next.byteCount
            loop.send(bytes: bytes.rawSpan.extracting(start..<end), to: next.connection)
            start = end
            head += 1
        }
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            bytes.removeAll(keepingCapacity: true)
            (head, start) = (0, 0)
        } else if start >= Self.leastToGiveBack, start >= bytes.count - start {
            waiting.removeFirst(head)
            bytes.removeFirst(start)
            (head, start) = (0, 0)
        }
    }
}
