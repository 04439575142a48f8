internal import RelayJSON

/// Reads `state.json`: ours, after its checksum was found right, or the reference's as an import.
package struct CheckpointReader {
    private let files: any FileSystem
    private let path: String
    private let now: Int64

    /// `now` is the timestamp of params that have none, in microseconds since 1970.
    package init(files: any FileSystem, path: String, now: Int64) {
        self.files = files
        self.path = path
        self.now = now
    }

    package enum Verdict: Sendable, Equatable {
        case absent
        case valid(CheckpointHead)
        /// The reference's file, or one made by hand: no history, revisions as far as they are given.
        case foreign
        case invalid(String)
    }

    /// Reads the whole file without handing anything on. A file that fails here is not to be loaded.
    package func inspect() -> Verdict {
        do throws(FileError) {
            guard try files.exists(path) else { return .absent }
            let file = try files.open(path, .read)
            defer { files.close(file) }
            var beginning: [UInt8] = []
            _ = try files.read(file, upTo: CheckpointFormat.beginning.count, into: &beginning)
            guard beginning == CheckpointFormat.beginning else { return inspectForeign() }
            guard try checksumHolds(file, beginning) else { return .invalid("its checksum does not hold") }
        } catch {
            return .invalid("it cannot be read: \(error)")
        }
        var sink = NoSink()
        do throws(CheckpointError) {
            guard let head = try load(into: &sink, onlyHead: true) else { return .invalid("its head is not complete") }
            return .valid(head)
        } catch {
            return .invalid(error.reason)
        }
    }

    /// What the file says about itself, unchecked; nil for what is none of ours.
    func head() -> CheckpointHead? {
        var sink = NoSink()
        return (try? load(into: &sink, onlyHead: true)) ?? nil
    }

    private func inspectForeign() -> Verdict {
        var sink = NoSink()
        do throws(CheckpointError) {
            // One of ours that does not begin like one has been changed, and its checksum says nothing any more.
            return try load(into: &sink) == nil ? .foreign : .invalid("it was changed by hand")
        } catch {
            return .invalid(error.reason)
        }
    }

    private func checksumHolds(_ file: OpenFile, _ beginning: [UInt8]) throws(FileError) -> Bool {
        var window = beginning
        var checksum = Checksum()
        while try files.read(file, upTo: 1 << 20, into: &window) > 0 {
            let covered = max(0, window.count - CheckpointFormat.endingCount)
            checksum.add(window.span.extracting(0..<covered))
            window.removeFirst(covered)
        }
        return window == CheckpointFormat.ending(checksum.value)
    }

    /// Reads the params into the sink; nil for a foreign file. Call it on what `inspect` has accepted.
    package func load(into sink: inout some RecoverySink) throws(CheckpointError) -> CheckpointHead? {
        try load(into: &sink, onlyHead: false)
    }

    private func load(
        into sink: inout some RecoverySink, onlyHead: Bool
    ) throws(CheckpointError) -> CheckpointHead? {
        let source: FileSource
        do throws(FileError) {
            source = FileSource(files: files, file: try files.open(path, .read))
        } catch {
            throw CheckpointError(reason: "it cannot be read: \(error)")
        }
        defer { source.close() }
        do throws(JSONError) {
            return try read(source, into: &sink, onlyHead: onlyHead)
        } catch {
            if let failure = source.failure { throw CheckpointError(reason: "it cannot be read: \(failure)") }
            throw CheckpointError(reason: "\(error.reason), at byte \(error.offset)")
        }
    }

    private func read(
        _ source: FileSource, into sink: inout some RecoverySink, onlyHead: Bool
    ) throws(JSONError) -> CheckpointHead? {
        var reader = JSONReader(depthLimit: CheckpointFormat.depthLimit, tokenLimit: CheckpointFormat.tokenLimit) {
            source.fill(&$0)
        }
        var head = CheckpointHeadReader()
        var params = ParamReader(isForeign: true, now: now)
        var hasParams = false
        var count = 0
        try reader.beginObject()
        while try reader.nextKey() {
            if try head.take(&reader) {
                if hasParams, params.isForeign { throw JSONError("its head comes too late", at: reader.offset) }
                params = ParamReader(isForeign: false, now: now)
                continue
            }
            guard reader.textEquals("params") else {
                try reader.skipValue()
                continue
            }
            if hasParams { throw JSONError("there are two lists of params", at: reader.offset) }
            hasParams = true
            if onlyHead, let head = head.head { return head }
            try reader.beginArray()
            while try reader.nextElement() {
                try params.read(&reader, into: &sink)
                count += 1
            }
        }
        try reader.finish()
        guard hasParams else { throw JSONError("there is no list of params", at: reader.offset) }
        if params.isForeign { return nil }
        guard let complete = head.head, head.count == Int64(count) else {
            throw JSONError("its head is not complete", at: reader.offset)
        }
        return complete
    }
}

package struct CheckpointError: Error, Equatable {
    package let reason: String
}

/// The members around the params that only our files have.
private struct CheckpointHeadReader {
    private var version: Int64?
    private var sequence: UInt64?
    private var epoch: UInt64?
    private var isClean: Bool?
    private var written: Int64?
    private(set) var count: Int64?

    var head: CheckpointHead? {
        guard version == CheckpointFormat.version, let sequence, let epoch, let isClean, let written else { return nil }
        return CheckpointHead(sequence: sequence, epoch: epoch, isClean: isClean, written: written)
    }

    /// True when the member was one of these; it has been read then.
    mutating func take(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        if reader.textEquals("v") {
            version = try reader.readInt()
            guard version == CheckpointFormat.version else {
                throw JSONError("it was written by a newer relay", at: reader.offset)
            }
        } else if reader.textEquals("epoch") {
            try reader.readText()
            epoch = UInt64(reader.string, radix: 16)
        } else if reader.textEquals("sequence") {
            sequence = try reader.readUnsigned()
        } else if reader.textEquals("clean") {
            isClean = try reader.readBool()
        } else if reader.textEquals("written") {
            written = try reader.readInt()
        } else if reader.textEquals("count") {
            count = try reader.readInt()
        } else if reader.textEquals("crc32c") {
            try reader.skipValue()
        } else {
            return false
        }
        return true
    }
}

/// Feeds a file to a `JSONReader`, chunk by chunk.
final class FileSource {
    private let files: any FileSystem
    private let file: OpenFile
    private(set) var failure: FileError?

    init(files: any FileSystem, file: OpenFile) {
        self.files = files
        self.file = file
    }

    func fill(_ window: inout [UInt8]) -> Bool {
        do throws(FileError) {
            return try files.read(file, upTo: 1 << 18, into: &window) > 0
        } catch {
            failure = error
            return false
        }
    }

    func close() { files.close(file) }
}

/// For a reading that only wants to know whether it can be done.
struct NoSink: RecoverySink {
    /// Also gives the value an address, which ThreadSanitizer wants of everything that is passed inout.
    private(set) var params = 0

    mutating func reset() { params = 0 }
    mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) { params += 1 }
    mutating func remove(address: Span<UInt8>) {}
}

extension JSONReader {
    mutating func readInt() throws(JSONError) -> Int64 {
        guard case .int(let value) = try readNumber() else { throw JSONError("an integer is due here", at: offset) }
        return value
    }

    mutating func readUnsigned() throws(JSONError) -> UInt64 {
        switch try readNumber() {
        case .int(let value) where value >= 0: return UInt64(value)
        case .unsigned(let value): return value
        default: throw JSONError("an integer that is not negative is due here", at: offset)
        }
    }
}
