import RelayNet

/// ACKs that wait for the disk, in order. The writes they are for have been carried out; nothing else waits.
struct Acknowledgements {
    private struct Waiting {
        let connection: ConnectionID
        let sequence: UInt64
        let start: Int
        let count: Int
    }

    private var waiting: [Waiting] = []
    private var head = 0
    private var bytes: [UInt8] = []

    var count: Int { waiting.count - head }

    mutating func add(_ frame: [UInt8], to connection: ConnectionID, after sequence: UInt64) {
        waiting.append(
            Waiting(connection: connection, sequence: sequence, start: bytes.count, count: frame.count))
        bytes.append(contentsOf: frame)
    }

    /// Sends those whose record is as safe as asked for.
    mutating func release(upTo sequence: UInt64, on loop: EventLoop) {
        while head < waiting.count, waiting[head].sequence <= sequence {
            let next = waiting[head]
            head += 1
            loop.send(.binary, bytes.rawSpan.extracting(next.start..<next.start + next.count), to: next.connection)
        }
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            bytes.removeAll(keepingCapacity: true)
            head = 0
        }
    }

    /// The disk has failed: nobody is told that something was kept.
    mutating func dropAll() {
        waiting.removeAll()
        bytes.removeAll()
        head = 0
    }
}
