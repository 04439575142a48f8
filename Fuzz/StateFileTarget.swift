// sources: Sources/CLinux Sources/COpenSSL Sources/CSQLite Sources/CZlib Sources/RelayThreads Sources/RelayJSON Sources/RelayStorage
import RelayStorage

/// Any bytes as a state file, with and without the right checksum, and as journal: read or refused. What was read as a
/// state file can be handed to a sink, and what the inspection accepts can be loaded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStateFile(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    read(input)
    read(input + ending(of: input))

    let head: [UInt8] = Array("CLASPJNL".utf8) + [0, 0, 0, 1] + [UInt8](repeating: 0, count: 24)
    for segment in [input, head + bigEndian(Checksum.of(head.span)) + input] {
        guard var reader = SegmentReader(segment) else { continue }
        repeat {
            while let (_, payload) = reader.next() { _ = JournalEntry(segment.span.extracting(payload)) }
        } while reader.skipDamage()
    }
    _ = JournalEntry(input.span)
    return 0
}

private func read(_ file: [UInt8]) {
    let reader = CheckpointReader(files: OneFile(content: file), path: "state.json", now: 0)
    var sink = Counter()
    switch reader.inspect() {
    case .valid(let head):
        guard (try? reader.load(into: &sink)) == head else { return }
    case .foreign:
        guard (try? reader.load(into: &sink)) == .some(nil) else { fatalError("accepted, and then not") }
    case .absent: fatalError("it is there")
    case .invalid: break
    }
}

private func ending(of text: [UInt8]) -> [UInt8] {
    let digits = String(Checksum.of(text.span), radix: 16)
    return Array(",\"crc32c\":\"\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)\"}\n".utf8)
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

private struct Counter: RecoverySink {
    var count = 0
    mutating func reset() { count = 0 }
    mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) { count += 1 }
    mutating func remove(address: Span<UInt8>) {}
}

/// A file system with one file, in small pieces.
private final class OneFile: FileSystem {
    private let content: [UInt8]
    nonisolated(unsafe) private var offset = 0

    init(content: [UInt8]) { self.content = content }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> OpenFile {
        unsafe offset = 0
        return OpenFile(descriptor: 0, path: path)
    }

    func read(_ file: OpenFile, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        let taken = try unsafe read(file, at: Int64(offset), upTo: count, into: &buffer)
        unsafe offset += taken
        return taken
    }

    func read(_ file: OpenFile, at place: Int64, upTo count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        let piece = content.dropFirst(Int(place)).prefix(min(count, 61))
        buffer += piece
        return piece.count
    }

    func size(of path: String) throws(FileError) -> Int64? { Int64(content.count) }
    func close(_ file: OpenFile) {}
    func write(_ file: OpenFile, _ bytes: ArraySlice<UInt8>) throws(FileError) -> Int { bytes.count }
    func truncate(_ file: OpenFile) throws(FileError) {}
    func sync(_ file: OpenFile, dataOnly: Bool) throws(FileError) {}
    func lock(_ file: OpenFile) throws(FileError) -> Bool { true }
    func rename(_ path: String, to other: String) throws(FileError) {}
    func link(_ path: String, to other: String) throws(FileError) {}
    func remove(_ path: String) throws(FileError) {}
    func makeDirectory(_ path: String) throws(FileError) {}
    func syncDirectory(_ path: String) throws(FileError) {}
    func names(in directory: String) throws(FileError) -> [String] { [] }
    func space(at path: String) throws(FileError) -> DiskSpace { DiskSpace(total: 1, available: 1) }
}
