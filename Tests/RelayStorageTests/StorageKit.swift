import RelayStorage
import RelayTestKit
import RelayThreads

/// Keeps what a recovery hands over.
struct Model: RecoverySink, Equatable {
    struct Param: Equatable {
        var value: [UInt8]
        var writer: [UInt8]
        var stamp: ParamStamp
    }

    var params: [[UInt8]: Param] = [:]

    mutating func reset() { params = [:] }

    mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) {
        params[array(address)] = Param(value: array(value), writer: array(writer), stamp: stamp)
    }

    mutating func remove(address: Span<UInt8>) { params[array(address)] = nil }

    mutating func apply(_ entry: JournalEntry) {
        switch entry {
        case .set(let address, let value, let writer, let stamp):
            params[address] = Param(value: value, writer: writer, stamp: stamp)
        case .remove(let address, _, _): params[address] = nil
        case .signal: break
        case .bundle(let entries): for entry in entries { apply(entry) }
        }
    }
}

func array(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

/// The params of a model in chunks of seven, as the hub would hand them over.
struct ModelContents: CheckpointContents {
    private var rest: ArraySlice<(key: [UInt8], value: Model.Param)>

    init(_ model: Model) { rest = model.params.sorted { $0.key.lexicographicallyPrecedes($1.key) }[...] }

    mutating func writeNext(to encoder: inout CheckpointEncoder) -> Bool {
        for (address, param) in rest.prefix(7) {
            encoder.param(
                address: address.span, value: param.value.span, writer: param.writer.span, stamp: param.stamp)
        }
        rest = rest.dropFirst(7)
        return !rest.isEmpty
    }
}

extension JournalBatch {
    mutating func add(_ entry: JournalEntry) {
        switch entry {
        case .set(let address, let value, let writer, let stamp):
            set(address: address.span, value: value.span, writer: writer.span, stamp: stamp)
        case .remove(let address, let revision, let timestamp):
            remove(address: address.span, revision: revision, timestamp: timestamp)
        case .signal(let kind, let address, let value, let writer, let timestamp):
            signal(kind: kind, address: address.span, value: value.span, writer: writer.span, timestamp: timestamp)
        case .bundle(let entries):
            beginBundle()
            for entry in entries { add(entry) }
            endBundle()
        }
    }
}

/// Random canonical values, entries and so on.
extension SeededRandom {
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func text(_ longest: Int = 12) -> [UInt8] {
        let letters: [Unicode.Scalar] = ["a", "b", "/", "é", "😀", "\"", "\\", "\n", "\u{0}", "$", "\u{2028}"]
        return (0..<below(longest + 1)).flatMap { _ in Array(String(letters[below(letters.count)]).utf8) }
    }

    mutating func value(depth: Int = 0) -> [UInt8] {
        switch below(depth < 4 ? 9 : 7) {
        case 0: return [0x00]
        case 1: return [0x01, UInt8(below(2))]
        case 2: return [0x05] + bigEndian(next() >> UInt64(below(64)), 8)
        case 3: return [0x07] + bigEndian(next(), 8)
        case 4:
            let special: [Double] = [.nan, .infinity, -.infinity, -0.0, 0, 1, -7, 1e300, .leastNonzeroMagnitude, 0.1]
            return [0x07] + bigEndian(special[below(special.count)].bitPattern, 8)
        case 5:
            let text = text()
            return [0x08] + bigEndian(UInt64(text.count), 2) + text
        case 6:
            let bytes = (0..<below(40)).map { _ in UInt8(truncatingIfNeeded: next()) }
            return [0x09] + bigEndian(UInt64(bytes.count), 2) + bytes
        case 7:
            let items = (0..<below(4)).map { _ in value(depth: depth + 1) }
            return [0x0A] + bigEndian(UInt64(items.count), 2) + items.joined()
        default:
            let marks = ["$bytes", "$f64", "$map", "", "a", "b"]
            let items = (0..<below(4)).map { _ -> [UInt8] in
                let key = below(2) == 0 ? Array(marks[below(marks.count)].utf8) : text()
                return bigEndian(UInt64(key.count), 2) + key + value(depth: depth + 1)
            }
            return [0x0B] + bigEndian(UInt64(items.count), 2) + items.joined()
        }
    }

    mutating func stamp() -> ParamStamp {
        let lifetimes: [ParamLifetime] = [
            .standard, .standard, .never, .sliding(UInt32(below(1_000))),
            .absolute(UInt32.max, since: Int64(below(1 << 50))),
        ]
        return ParamStamp(
            revision: below(20) == 0 ? .max : UInt64(below(1_000_000)), timestamp: Int64(below(1 << 52)),
            lifetime: lifetimes[below(lifetimes.count)], flags: UInt8(below(3)))
    }

    /// Few addresses, so that they are written again and removed.
    mutating func entry(isInBundle: Bool = false) -> JournalEntry {
        let address = Array("/p/\(below(40))".utf8)
        switch below(isInBundle ? 9 : 10) {
        case 0: return .remove(address: address, revision: next(), timestamp: Int64(below(1 << 52)))
        case 1:
            return .signal(
                kind: UInt8(below(4)), address: address, value: value(), writer: text(),
                timestamp: Int64(below(1 << 52)))
        case 9: return .bundle((0..<below(5)).map { _ in entry(isInBundle: true) })
        default: return .set(address: address, value: value(), writer: text(), stamp: stamp())
        }
    }
}

func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
}

struct HistoryAnswer {
    var records: [JournalHistory.Record] = []
    var position: UInt64 = 0
    var end: HistoryEnd?
    var slices = 0
}

/// A storage on a simulated disk, with a way to wait for it.
final class StorageUnderTest {
    let storage: Storage
    let recovered: Model
    let disk: SimulatedDisk
    var batch: JournalBatch

    private let wakes: Monitor<Int>
    private let time: Monitor<Int64>

    /// Microseconds since 1970, for the storage; it moves when a test moves it.
    var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    init(
        _ disk: SimulatedDisk, recovery: RecoveryMode = .lastGood, durability: Durability = .journal,
        epoch: UInt64 = 1_000, now: Int64 = 1_700_000_000_000_000, change: (inout StorageOptions) -> Void = { _ in }
    ) throws(StorageError) {
        var options = StorageOptions(directory: "data")
        options.recovery = recovery
        options.durability = durability
        options.watchInterval = .milliseconds(1)
        options.syncInterval = .milliseconds(1)
        change(&options)
        let wakes = Monitor(0)
        let epochs = Monitor(epoch)
        let time = Monitor(now)
        let surroundings = StorageSurroundings(
            files: disk, clock: { time.withLock { $0 } },
            newEpoch: {
                epochs.withLock {
                    $0 += 1
                    return $0
                }
            },
            wake: { wakes.change { $0 += 1 } })
        var model = Model()
        storage = try Storage.open(options, surroundings, into: &model)
        recovered = model
        batch = storage.makeBatch()
        self.disk = disk
        self.wakes = wakes
        self.time = time
    }

    /// How often the storage has woken the loop.
    var wakeCount: Int { wakes.withLock { $0 } }

    /// Waits until something holds; false after a minute, which no test should see.
    func wait(until holds: () -> Bool) -> Bool {
        for _ in 0..<60_000 {
            if holds() { return true }
            wakes.wait(upTo: .milliseconds(1)) { _ in nil as Void? }
        }
        return false
    }

    /// Submits what is in the batch and waits until it is synced, or the journal has failed.
    func commit() {
        batch.commit()
        storage.submit(&batch)
        let sequence = batch.sequence
        _ = wait { storage.committed >= sequence || storage.mode != .writable }
    }

    /// Asks about the past and takes the whole answer, slice by slice.
    func answer(_ query: HistoryQuery, through: UInt64? = nil) -> HistoryAnswer {
        var answer = HistoryAnswer()
        guard let id = storage.replay(query, through: through ?? batch.sequence) else { return answer }
        _ = wait {
            for slice in storage.takeSlices() where slice.replay == id {
                answer.records += slice.records
                answer.position = slice.position
                answer.end = slice.end
                answer.slices += 1
                if slice.end == nil { storage.continueReplay(id) }
            }
            return answer.end != nil
        }
        return answer
    }

    func checkpoint(_ model: Model, isLast: Bool = false) -> Bool {
        guard wait(until: { storage.beginCheckpoint(ModelContents(model), at: batch.sequence, isLast: isLast) }) else {
            return false
        }
        return storage.waitForCheckpoint()
    }
}
