import Glibc
import RelayStorage
import RelayThreads

/// The relay's loop as far as the storage sees it: params in chunks that are given away by reference when a checkpoint
/// begins, and copied when they are then written to.
struct SimulatedLoop {
    /// Where the bytes of 256 params are, and what is known of each.
    struct Chunk {
        static let count = 256
        static let valueBytes = 9

        var stamps: [ParamStamp]
        /// Values of equal size, one behind the other.
        var values: [UInt8]
        var addresses: [UInt8]
        /// Where each address ends.
        var ends: [Int32]
    }

    struct Turns {
        /// Milliseconds from the moment a turn was due to its end.
        var worst = 0.0
        var count = 0
        var above5 = 0

        var shareAbove5: Double { count == 0 ? 0 : 100 * Double(above5) / Double(count) }
    }

    private var chunks: [Chunk] = []
    private let params: Int
    private let storage: Storage
    private var batch: JournalBatch
    private var next: UInt64 = 1
    private let writer = Array("s1".utf8)

    /// 5,000 SETs a second.
    private static let setsPerTurn = 5
    private static let turnNanoseconds: Int64 = 1_000_000

    init(params: Int, _ storage: Storage) {
        self.params = params
        self.storage = storage
        batch = storage.makeBatch()
        for start in stride(from: 0, to: params, by: Chunk.count) {
            var chunk = Chunk(stamps: [], values: [], addresses: [], ends: [])
            for number in start..<min(start + Chunk.count, params) {
                chunk.stamps.append(ParamStamp(revision: 1, timestamp: 1_700_000_000_000_000))
                chunk.values += [0x05] + [UInt8](repeating: 0, count: 7) + [UInt8(truncatingIfNeeded: number)]
                chunk.addresses += Array("/b/\(number)".utf8)
                chunk.ends.append(Int32(chunk.addresses.count))
            }
            chunks.append(chunk)
        }
    }

    /// Turns once a millisecond until the time or something else is over.
    mutating func turn(for time: Duration, until isOver: () -> Bool) -> Turns {
        var turns = Turns()
        var due = MonotonicClock.now + Self.turnNanoseconds
        let end = due + time.nanoseconds
        while due < end {
            var moment = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
            while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil) == EINTR {}
            for _ in 0..<Self.setsPerTurn { set() }
            storage.submit(&batch)
            let now = MonotonicClock.now
            let late = Double(now - due) / 1e6
            turns.worst = max(turns.worst, late)
            turns.count += 1
            if late > 5 { turns.above5 += 1 }
            // A turn that came late does not make the following ones late, too.
            due = max(due + Self.turnNanoseconds, now)
            if isOver() { break }
        }
        return turns
    }

    mutating func beginCheckpoint() {
        storage.submit(&batch)
        _ = storage.beginCheckpoint(Contents(chunks), at: batch.sequence)
    }

    /// Nanoseconds a record: spent on this thread, and until the last of all was on the disk.
    mutating func journalCost(records: Int) -> (onLoop: Double, toDisk: Double) {
        let start = MonotonicClock.now
        var spent: Int64 = 0
        for _ in stride(from: 0, to: records, by: 100) {
            // What waits for the disk is bounded; a relay says so to its writers.
            while storage.mode == .congested { usleep(1_000) }
            let begin = MonotonicClock.now
            for _ in 0..<100 { record(Int(next % UInt64(params))) }
            storage.submit(&batch)
            spent += MonotonicClock.now - begin
        }
        batch.commit()
        record(0)
        storage.submit(&batch)
        let last = batch.sequence
        while storage.committed < last, storage.mode != .readOnly { usleep(200) }
        return (Double(spent) / Double(records), Double(MonotonicClock.now - start) / Double(records))
    }

    /// Nanoseconds for each record that is kept, for a question that only the last of them answers.
    func historyCost() -> Double {
        let last = Array("/b/0".utf8)
        var query = HistoryQuery { address in
            address.count == last.count && last.indices.allSatisfy { address[$0] == last[$0] }
        }
        query.limit = .max
        let start = MonotonicClock.now
        guard let id = storage.replay(query, through: batch.sequence) else { return 0 }
        while true {
            for slice in storage.takeSlices() where slice.replay == id {
                if slice.end != nil { return Double(MonotonicClock.now - start) / Double(batch.sequence) }
                storage.continueReplay(id)
            }
            usleep(100)
        }
    }

    /// Somewhere else each time, so that a checkpoint's chunks are copied as seldom as real writers manage it: hardly.
    private mutating func set() {
        let number = Int(next &* 7_919 % UInt64(params))
        let (chunk, slot) = (number / Chunk.count, number % Chunk.count)
        chunks[chunk].stamps[slot].revision &+= 1
        chunks[chunk].values[slot * Chunk.valueBytes + 8] &+= 1
        record(number)
    }

    private mutating func record(_ number: Int) {
        next &+= 1
        let chunk = chunks[number / Chunk.count]
        let (slot, writer) = (number % Chunk.count, writer)
        let start = slot == 0 ? 0 : Int(chunk.ends[slot - 1])
        batch.set(
            address: chunk.addresses.span.extracting(start..<Int(chunk.ends[slot])),
            value: chunk.values.span.extracting(slot * Chunk.valueBytes..<(slot + 1) * Chunk.valueBytes),
            writer: writer.span, stamp: chunk.stamps[slot])
    }

    private struct Contents: CheckpointContents {
        private var chunks: [Chunk]
        private let writer = Array("s1".utf8)

        init(_ chunks: [Chunk]) { self.chunks = chunks.reversed() }

        mutating func writeNext(to encoder: inout CheckpointEncoder) -> Bool {
            guard let chunk = chunks.popLast() else { return false }
            var start = 0
            for slot in chunk.stamps.indices {
                let end = Int(chunk.ends[slot])
                encoder.param(
                    address: chunk.addresses.span.extracting(start..<end),
                    value: chunk.values.span.extracting(slot * Chunk.valueBytes..<(slot + 1) * Chunk.valueBytes),
                    writer: writer.span, stamp: chunk.stamps[slot])
                start = end
            }
            return !chunks.isEmpty
        }
    }
}
