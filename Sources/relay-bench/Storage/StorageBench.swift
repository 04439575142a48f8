import Glibc
import RelayStorage
import RelayThreads

/// `relay-bench storage`: what a million params cost on the disk, and what a checkpoint costs those who are served.
///
/// The directory is real, the storage is real; the loop is a thread that does what the relay's loop does for storage:
/// every millisecond some SETs into chunks that a checkpoint may hold, their journal records, one hand-over.
enum StorageBench {
    private static let usage = """
        usage: relay-bench storage [--runs N] [--params N] [--dir DIR] [--json FILE]

        --runs N     how often everything is measured (default 5)
        --params N   how many params there are (default 1000000)
        --dir DIR    where it writes; a directory of its own is made in there, and removed (default /var/tmp)
        --json FILE  append a line of JSON per run
        """

    static func run(_ arguments: [String]) -> Int32 {
        var runs = 5
        var params = 1_000_000
        var place = "/var/tmp"
        var results: String?
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch (word, rest.popFirst()) {
            case ("--runs", let value?):
                guard let number = Int(value), (1...1_000).contains(number) else { return fail() }
                runs = number
            case ("--params", let value?):
                guard let number = Int(value), (1...10_000_000).contains(number) else { return fail() }
                params = number
            case ("--dir", let value?): place = value
            case ("--json", let value?): results = value
            case ("--help", nil):
                print(usage)
                return EXIT_SUCCESS
            default: return fail()
            }
        }
        return measure(runs: runs, params: params, in: place, results)
    }

    private static func fail() -> Int32 {
        print(usage)
        return EX_USAGE
    }

    // MARK: Measuring

    /// What is measured, as tables name it and as results do.
    private enum Figure: String, CaseIterable {
        case megabytes = "state.json, MB"
        case writing = "checkpoint, MB/s until it is safe"
        case loading = "load, s"
        case stallIdle = "longest gap without checkpoint, ms"
        case stallWriting = "longest gap during checkpoint, ms"
        case late = "turns later than 5 ms, %"
        case submit = "journal, ns/record on the loop"
        case journal = "journal, ns/record until synced"
        case history = "history, ns/record looked through"

        var key: String { "\(self)" }
    }

    static var columns: [Column] { Figure.allCases.map { .spread($0.rawValue, $0.key) } }

    private static func measure(runs: Int, params: Int, in place: String, _ results: String?) -> Int32 {
        print(Machine.description)
        print("\(params) params; median of \(runs) runs, and the lowest and highest of them")
        print("")
        var all: [[Figure: Double]] = []
        for run in 1...runs {
            let directory = "\(place)/relay-bench.\(getpid()).\(run)"
            defer { LinuxFileSystem().removeTree(directory) }
            do {
                let figures = try measureOnce(params, directory)
                all.append(figures)
                if let results { try ResultFile.append(record(figures, params).line, to: results) }
            } catch {
                print("relay-bench storage: \(error)")
                return EX_IOERR
            }
        }
        report(all)
        return EXIT_SUCCESS
    }

    private static func record(_ figures: [Figure: Double], _ params: Int) -> Record {
        var record = Record("storage", case: "\(Decimal.grouped(params)) params")
        for figure in Figure.allCases { record.add(figure.key, figures[figure]) }
        return record
    }

    private static func measureOnce(_ params: Int, _ directory: String) throws(StorageError) -> [Figure: Double] {
        var figures: [Figure: Double] = [:]
        var none = ParamCounter()
        var storage = try Storage.open(StorageOptions(directory: directory), .real(wake: {}), into: &none)
        var loop = SimulatedLoop(params: params, storage)
        figures[.stallIdle] = loop.turn(for: .seconds(2), until: { false }).worst

        loop.beginCheckpoint()
        let turns = loop.turn(for: .seconds(120), until: { storage.health.checkpoints > 0 })
        figures[.stallWriting] = turns.worst
        figures[.late] = turns.shareAbove5
        guard let checkpoint = storage.health.lastCheckpoint else { return figures }
        let (seconds, attoseconds) = checkpoint.duration.components
        let megabytes = Double(checkpoint.bytes) / 1e6
        figures[.megabytes] = megabytes
        figures[.writing] = megabytes / (Double(seconds) + Double(attoseconds) / 1e18)

        let cost = loop.journalCost(records: 1_000_000)
        figures[.submit] = cost.onLoop
        figures[.journal] = cost.toDisk
        figures[.history] = loop.historyCost()
        storage.close(isClean: false)

        // Only the checkpoint is to be read, as after an orderly stop.
        LinuxFileSystem().removeTree(directory + "/journal")
        var count = ParamCounter()
        let start = MonotonicClock.now
        storage = try Storage.open(StorageOptions(directory: directory), .real(wake: {}), into: &count)
        figures[.loading] = Double(MonotonicClock.now - start) / 1e9
        storage.close(isClean: false)
        precondition(count.params == params, "every param is loaded")
        return figures
    }

    // MARK: Report

    private static func report(_ all: [[Figure: Double]]) {
        print(row("figure", "median", "lowest", "highest"))
        for figure in Figure.allCases {
            let sorted = all.compactMap { $0[figure] }.sorted()
            guard let first = sorted.first, let last = sorted.last else { continue }
            print(
                row(
                    figure.rawValue, Decimal.fixed(sorted[sorted.count / 2], 2), Decimal.fixed(first, 2),
                    Decimal.fixed(last, 2)))
        }
    }

    private static func row(_ name: String, _ columns: String...) -> String {
        columns.reduce(name.padded(38)) { $0 + $1.padded(-12) }
    }
}

/// Takes what is loaded; counting alone, so that the figure is the storage's own.
private struct ParamCounter: RecoverySink {
    private(set) var params = 0
    private(set) var bytes = 0

    mutating func reset() { (params, bytes) = (0, 0) }
    mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) {
        params += 1
        bytes += address.count + value.count
    }
    mutating func remove(address: Span<UInt8>) {}
}
