internal import RelayJSON

/// What a checkpoint is made of: chunks of params that are handed over one by one.
///
/// The hub gives its copy-on-write chunks away in this form and goes on; the checkpoint thread asks for the next chunk
/// only when the last has been encoded, so an implementation lets go of each as it hands it over.
package protocol CheckpointContents: Sendable {
    /// False when there is nothing left.
    mutating func writeNext(to encoder: inout CheckpointEncoder) -> Bool
}

/// Writes params as lines of `state.json`.
package struct CheckpointEncoder: ~Copyable {
    private(set) var writer: JSONWriter
    package private(set) var count = 0
    /// Params whose value is no canonical CLASP: a fault of the caller, which must not cost the others their checkpoint.
    package private(set) var rejected = 0

    private let address = Array(#"{"address":"#.utf8)
    private let nextAddress = Array(",\n{\"address\":".utf8)
    private let value = Array(#","value":"#.utf8)
    private let revision = Array(#","revision":"#.utf8)
    private let author = Array(#","writer":"#.utf8)
    private let timestamp = Array(#","timestamp":"#.utf8)
    private let ttl = Array(#","ttl":"#.utf8)
    private let flags = Array(#","flags":"#.utf8)
    private let end = Array("}".utf8)

    init(capacity: Int = 2 << 20) { writer = JSONWriter(capacity: capacity) }

    /// One param for a reader elsewhere, written as in the file; empty when the value is no canonical CLASP.
    package static func line(
        address: Span<UInt8>, value: Span<UInt8>, writer author: Span<UInt8>, stamp: ParamStamp
    ) -> [UInt8] {
        var encoder = CheckpointEncoder(capacity: 256)
        encoder.param(address: address, value: value, writer: author, stamp: stamp)
        return encoder.writer.bytes
    }

    package mutating func param(
        address: Span<UInt8>, value: Span<UInt8>, writer author: Span<UInt8>, stamp: ParamStamp
    ) {
        let place = writer.place
        writer.raw(count == 0 ? self.address : nextAddress)
        writer.string(utf8: address)
        writer.raw(self.value)
        guard ValueToJSON.write(value, to: &writer) else {
            writer.goBack(to: place)
            rejected += 1
            return
        }
        writer.raw(revision)
        writer.unsigned(stamp.revision)
        writer.raw(self.author)
        writer.string(utf8: author)
        writer.raw(timestamp)
        writer.int(stamp.timestamp)
        if stamp.lifetime != .standard {
            writer.raw(ttl)
            write(stamp.lifetime)
        }
        if stamp.flags != 0 {
            writer.raw(flags)
            writer.unsigned(UInt64(stamp.flags))
        }
        writer.raw(end)
        count += 1
    }

    private mutating func write(_ lifetime: ParamLifetime) {
        switch lifetime {
        case .standard: writer.null()
        case .never: writer.string("never")
        case .sliding(let seconds):
            writer.beginObject()
            writer.key("sliding")
            writer.unsigned(UInt64(seconds))
            writer.endObject()
        case .absolute(let seconds, let since):
            writer.beginObject()
            writer.key("absolute")
            writer.unsigned(UInt64(seconds))
            writer.key("since")
            writer.int(since)
            writer.endObject()
        }
    }

    mutating func begin(_ head: CheckpointHead) {
        writer.beginObject()
        writer.key("v")
        writer.int(CheckpointFormat.version)
        writer.key("epoch")
        writer.string(Hexadecimal.text(head.epoch))
        writer.key("sequence")
        writer.unsigned(head.sequence)
        writer.key("clean")
        writer.bool(head.isClean)
        writer.key("written")
        writer.int(head.written)
        writer.raw(Array(",\"params\":[\n".utf8))
    }

    mutating func finish() {
        writer.raw(Array("\n],\"count\":".utf8))
        writer.int(Int64(count))
    }

    mutating func removeAll() { writer.removeAll() }
}
