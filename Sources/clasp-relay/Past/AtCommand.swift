import Glibc
import RelayLog
import RelayProtocol
import RelayStorage
import RelayThreads

/// `clasp-relay at`: how params were at some moment.
enum AtCommand {
    static let command = Command(
        "at", ["TIME PATTERN [--data-dir DIR]"], "show what the params were in the past",
        flags: [.setting("data-dir")], notes: notes, call: run)

    private static let notes = """
        Prints the params that matched a pattern at a moment of the past, one JSON
        object a line, as state.json has them. Only reads, so a relay may be at work
        in the directory.

        TIME is one of
          2025-01-31T12:00:00Z   also without seconds, with an offset (+01:00), or a
                                 date alone; UTC if not said
          @1738324800            seconds since 1970
          90s 15m 2h 1d          so long ago

        Exit status: 0 done, 64 wrong use, 65 records that would be needed are missing
        or damaged, 66 the directory cannot be read, 69 older than what is kept.
        """

    @Sendable private static func run(_ call: CommandCall) -> Int32? {
        let words = call.words
        guard words.count == 2 else { return nil }
        guard let time = MomentText.parse(words[0], now: WallClock.now) else {
            return TextOutput.complain(["clasp-relay at: '\(words[0])' is no time"], status: EX_USAGE)
        }
        guard let pattern = Pattern(words[1]) else {
            return TextOutput.complain(
                ["clasp-relay at: '\(words[1])' is no address or pattern"], status: EX_USAGE)
        }
        return show(pattern, at: time, in: call.setting("data-dir"))
    }

    private static func show(_ pattern: Pattern, at time: Int64, in directory: String) -> Int32 {
        var found = Found(pattern: pattern)
        do throws(PastError) {
            let report = try Past(files: LinuxFileSystem(), directory: directory).read(at: time, into: &found)
            guard found.print() else { return EX_IOERR }
            return TextOutput.complain(
                [
                    "\(found.count) params as of \(Timestamp.text(of: time)), after record \(report.sequence): "
                        + "\(report.base) and \(report.replayed) records on top"
                ], status: EXIT_SUCCESS)
        } catch {
            let (sentence, status) = explain(error)
            return TextOutput.complain(["clasp-relay at: \(sentence)"], status: status)
        }
    }

    private static func explain(_ error: PastError) -> (String, Int32) {
        switch error {
        case .notKept(let since?):
            ("not kept: what is kept begins at \(Timestamp.text(of: since))", EX_UNAVAILABLE)
        case .notKept(nil): ("not kept: there is no checkpoint yet", EX_UNAVAILABLE)
        case .gap(let sequence): ("records behind \(sequence) are missing or damaged", EX_DATAERR)
        case .failed(let error): (error.description, EX_NOINPUT)
        }
    }
}

/// The params that match, as they are read.
private struct Found: RecoverySink {
    private struct Param {
        var value: [UInt8]
        var writer: [UInt8]
        var stamp: ParamStamp
    }

    let pattern: Pattern
    private var params: [[UInt8]: Param] = [:]

    init(pattern: Pattern) { self.pattern = pattern }

    var count: Int { params.count }

    mutating func reset() { params = [:] }

    mutating func set(address: Span<UInt8>, value: Span<UInt8>, writer: Span<UInt8>, stamp: ParamStamp) {
        let address = copy(address)
        guard pattern.matches(address.rawSpan) else { return }
        params[address] = Param(value: copy(value), writer: copy(writer), stamp: stamp)
    }

    mutating func remove(address: Span<UInt8>) {
        params[copy(address)] = nil
    }

    /// In the order of addresses. False when nobody takes it.
    func print() -> Bool {
        var output = TextOutput()
        for (address, param) in params.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            output.line(
                CheckpointEncoder.line(
                    address: address.span, value: param.value.span, writer: param.writer.span, stamp: param.stamp))
        }
        return output.flush()
    }

    private func copy(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
}
