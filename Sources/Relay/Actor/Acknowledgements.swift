import RelayNet
import RelayProtocol

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

    mutating func add(
        _ frame: HubOutput.Slice, of output: borrowing HubOutput, to connection: ConnectionID, after sequence: UInt64
    ) {
        waiting.append(Waiting(connection: connection, sequence: sequence, bytes: Int(frame.count)))
        bytes.append(output.frame(frame))
    }

    /// Sends those whose record is as safe as asked for.
    mutating func release(upTo sequence: UInt64, on loop: EventLoop) {
        while head < waiting.count, waiting[head].sequence <= sequence {
            let next = waiting[head]
            loop.send(.binary, bytes.rawSpan.extracting(start..<start + next.bytes), to: next.connection)
            head += 1
            start += next.bytes
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
