import Glibc
import RelayStorage
import RelayTestKit
import RelayThreads

/// A data directory as a relay leaves it, made by the storage itself.
final class DataDirectory {
    let place: TemporaryDirectory
    var path: String { place.path + "/data" }
    private var storage: Storage?
    private var batch: JournalBatch
    private var params: [[UInt8]: (value: [UInt8], stamp: ParamStamp)] = [:]

    init() throws {
        place = try TemporaryDirectory()
        var none = NoParams()
        let storage = try Storage.open(
            StorageOptions(directory: place.path + "/data"), .real(wake: {}), into: &none)
        self.storage = storage
        batch = storage.makeBatch()
    }

    deinit { close() }

    func set(_ address: String, _ number: Int64, revision: UInt64 = 1) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) }
        let stamp = ParamStamp(revision: revision, timestamp: WallClock.now)
        let (name, writer) = (Array(address.utf8), Array("test".utf8))
        params[name] = ([0x05] + bytes, stamp)
        batch.set(address: name.span, value: ([0x05] + bytes).span, writer: writer.span, stamp: stamp)
        batch.commit()
        storage?.submit(&batch)
        let sequence = batch.sequence
        while let storage, storage.committed < sequence { usleep(500) }
    }

    func checkpoint() -> Bool {
        guard let storage, storage.beginCheckpoint(Contents(params), at: batch.sequence) else { return false }
        return storage.waitForCheckpoint()
    }

    /// Lets the directory go, as a relay that was killed does.
    func close() {
        storage?.close(isClean: false)
        storage = nil
    }

    private struct Contents: CheckpointContents {
        let params: [(address: [UInt8], value: [UInt8], stamp: ParamStamp)]

        init(_ params: [[UInt8]: (value: [UInt8], stamp: ParamStamp)]) {
            self.params = params.map { ($0.key, $0.value.value, $0.value.stamp) }
        }

        mutating func writeNext(to encoder: inout CheckpointEncoder) -> Bool {
            let writer = Array("test".utf8)
            for param in params {
                encoder.param(
                    address: param.address.span, value: param.value.span, writer: writer.span, stamp: param.stamp)
            }
            return false
        }
    }

    private struct NoParams: RecoverySink {
        var count = 0
        mutating func reset() { count = 0 }
        mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) {
            count += 1
        }
        mutating func remove(address: Span<UInt8>) {}
    }
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = try RelayProcess(arguments, program: program)
    let (status, output) = try process.finish()
    return (status, String(decoding: output, as: UTF8.self))
}

func relay(_ arguments: String...) throws -> (status: Int32, output: String) {
    try run(RelayProcess.binary, arguments)
}
