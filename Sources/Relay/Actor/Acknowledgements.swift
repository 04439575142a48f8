import RelayNet

/// ACKs that wait for the disk, in order. The writes they are for have been carried out; nothing else waits.
///
/// Under steady load somebody always waits, so what has been sent is given back on the way: at most as much again as
/// what waits is held.
struct Acknowledgements {
    private struct Waiting {
        let connection: ConnectionID
        let sequence: UInt64
        let bytes: Int
    }

    private var waiting: [Waiting] = []
    private var head = 0
    /// Their frames, one behind the other; those before `start` have been sent.
    private var bytes: [UInt8] = []
    private var start = 0

    private static let leastToGiveBack = 1_024
    /// Sent at once to one connection.
    private static let mostAtOnce = 64 << 10

    @inline(__always)
    mutating func add(
        _ acknowledgement: HubOutput.Acknowledgement, of output: borrowing HubOutput, to connection: ConnectionID
    ) {
        let before = bytes.count
        bytes.appendFrame(.binary, output.frame(acknowledgement.frame))
        waiting.append(
            Waiting(connection: connection, sequence: acknowledgement.sequence, bytes: bytes.count - before))
    }

    /// Sends those whose record is as safe as asked for, those in a row for one connection at once.
    mutating func release(upTo sequence: UInt64, on loop: EventLoop) {
        while head < waiting.count, waiting[head].sequence <= sequence {
            let connection = waiting[head].connection
            var end = start
            while head < waiting.count, waiting[head].sequence <= sequence, waiting[head].connection == connection,
                end - start < Self.mostAtOnce
            {
                end += waiting[head].bytes
                head += 1
            }
            loop.send(bytes: bytes.rawSpan.extracting(start..<end), to: connection)
            start = end
        }
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            bytes.removeAll(keepingCapacity: true)
            (head, start) = (0, 0)
        } else if head >= Self.leastToGiveBack, head >= waiting.count - head {
            waiting.removeFirst(head)
            bytes.removeFirst(start)
            (head, start) = (0, 0)
        }
    }
}
