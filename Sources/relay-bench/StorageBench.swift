import Glibc
import RelayStorage
import RelayThreads

/// `relay-bench storage`: what a million params cost on the disk, and what a checkpoint costs those who are served.
///
/// The directory is real, the storage is real; the loop is a thread that does what the relay's loop does for storage:
/// every millisecond some SETs into chunks that a checkpoint may hold, their journal records, one hand-over.
enum StorageBench {
    private static let usage = """
        usage: relay-bench storage [--runs N] [--params N] [--dir DIR]

        --runs N     how often everything is measured (default 5)
        --params N   how many params there are (default 1000000)
        --dir DIR    where it writes; a directory of its own is made in there, and removed (default /var/tmp)
        """

    static func run(_ arguments: [String]) -> Int32 {
        var runs = 5
        var params = 1_000_000
        var place = "/var/tmp"
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
            case ("--help", nil):
                print(usage)
                return EXIT_SUCCESS
            default: return fail()
            }
        }
        return measure(runs: runs, params: params, in: place)
    }

    private static func fail() -> Int32 {
        print(usage)
        return EX_USAGE
    }

    // MARK: Measuring

    private struct Figures {
        var megabytes: [Double] = []
        var writing: [Double] = []
        var stallIdle: [Double] = []
        var stallWriting: [Double] = []
        var late: [Double] = []
        var submit: [Double] = []
        var journal: [Double] = []
        var history: [Double] = []
        var loading: [Double] = []
    }

    private static func measure(runs: Int, params: Int, in place: String) -> Int32 {
        print(Machine.description)
        print("\(params) params; median of \(runs) runs, and the lowest and highest of them")
        print("")
        var figures = Figures()
        for run in 1...runs {
            let directory = "\(place)/relay-bench.\(getpid()).\(run)"
            defer { LinuxFileSystem().removeTree(directory) }
            do throws(StorageError) {
                try measureOnce(&figures, params, directory)
            } catch {
                print("relay-bench storage: \(error)")
                return EX_IOERR
            }
        }
        report(figures)
        return EXIT_SUCCESS
    }

    private static func measureOnce(_ figures: inout Figures, _ params: Int, _ directory: String) throws(StorageError) {
        var none = ParamCounter()
        var storage = try Storage.open(StorageOptions(directory: directory), .real(wake: {}), into: &none)
        var loop = SimulatedLoop(params: params, storage)
        figures.stallIdle.append(loop.turn(for: .seconds(2), until: { false }).worst)

        loop.beginCheckpoint()
        let turns = loop.turn(for: .seconds(120), until: { storage.health.checkpoints > 0 })
        figures.stallWriting.append(turns.worst)
        figures.late.append(turns.shareAbove5)
        guard let checkpoint = storage.health.lastCheckpoint else { return }
        let (seconds, attoseconds) = checkpoint.duration.components
        let megabytes = Double(checkpoint.bytes) / 1e6
        figures.megabytes.append(megabytes)
        figures.writing.append(megabytes / (Double(seconds) + Double(attoseconds) / 1e18))

        let cost = loop.journalCost(records: 1_000_000)
        figures.submit.append(cost.onLoop)
        figures.journal.append(cost.toDisk)
        figures.history.append(loop.historyCost())
        storage.close(isClean: false)

        // Only the checkpoint is to be read, as after an orderly stop.
        LinuxFileSystem().removeTree(directory + "/journal")
        var count = ParamCounter()
        let start = MonotonicClock.now
        storage = try Storage.open(StorageOptions(directory: directory), .real(wake: {}), into: &count)
        figures.loading.append(Double(MonotonicClock.now - start) / 1e9)
        storage.close(isClean: false)
        precondition(count.params == params, "every param is loaded")
    }

    // MARK: Report

    private static func report(_ figures: Figures) {
        print(row("figure", "median", "lowest", "highest"))
        func show(_ name: String, _ values: [Double]) {
            let sorted = values.sorted()
            guard let first = sorted.first, let last = sorted.last else { return }
            print(row(name, decimal(sorted[sorted.count / 2]), decimal(first), decimal(last)))
        }
        show("state.json, MB", figures.megabytes)
        show("checkpoint, MB/s until it is safe", figures.writing)
        show("load, s", figures.loading)
        show("longest gap without checkpoint, ms", figures.stallIdle)
        show("longest gap during checkpoint, ms", figures.stallWriting)
        show("turns later than 5 ms, %", figures.late)
        show("journal, ns/record on the loop", figures.submit)
        show("journal, ns/record until synced", figures.journal)
        show("history, ns/record looked through", figures.history)
    }

    private static func row(_ name: String, _ columns: String...) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count))
        }
        return columns.reduce(name + padded(name, 38)) { $0 + padded($1, 12) + $1 }
    }

    private static func decimal(_ number: Double) -> String {
        let hundredths = Int(number * 100 + 0.5)
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
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
