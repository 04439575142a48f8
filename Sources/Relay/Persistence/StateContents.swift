import RelayProtocol
import RelayStorage

/// All params as they are at one moment, for the checkpoint. Taking them copies nothing: they are the store's own
/// chunks, and whoever writes to one meanwhile copies that one.
struct StateContents: CheckpointContents {
    private var chunks: [[Param]]
    private let writers: WriterTable.Names
    private let addresses: ByteSlab.Reader
    private let now: Moment
    private var position = 0

    init(_ params: ParamStore, _ writers: WriterTable.Names, _ addresses: ByteSlab.Reader, at now: Moment) {
        chunks = params.chunks
        self.writers = writers
        self.addresses = addresses
        self.now = now
    }

    mutating func writeNext(to encoder: inout CheckpointEncoder) -> Bool {
        guard position < chunks.count else { return false }
        let chunk = chunks[position]
        // From here on a write to this chunk need not copy it.
        chunks[position] = []
        position += 1
        for param in chunk where param.exists && !param.isExpired(at: now.uptime) {
            let writer = writers[param.writer]
            param.value.withEncoded { value in
                encoder.param(
                    address: addresses.text(at: param.address).octets, value: value.octets, writer: writer.span,
                    stamp: ParamStamp(param.standing))
            }
        }
        return true
    }
}

extension Hub {
    /// The state for a checkpoint, as it is now.
    func contents(at now: Moment) -> StateContents {
        StateContents(params, writers.names, addresses.reader(), at: now)
    }
}
