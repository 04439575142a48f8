/// The compression of one connection: its terms, and the streams where they outlive a message.
final class DeflateSession {
    private let terms: DeflateAgreement
    private let shared: SharedCodec
    /// Own streams, only with context takeover.
    private let ownInflater: Inflater?
    private let ownDeflater: Deflater?

    init(_ terms: DeflateAgreement, sharing shared: SharedCodec) {
        self.terms = terms
        self.shared = shared
        ownInflater = terms.clientTakesOver ? Inflater(windowBits: terms.clientWindowBits) : nil
        ownDeflater = terms.serverTakesOver ? Deflater(windowBits: terms.serverWindowBits, level: terms.level) : nil
    }

    /// Decompresses a whole message; no more is produced than the limits allow.
    func inflate(_ message: RawSpan, _ kind: MessageKind, limit: Int) -> Inflated {
        let (tenfold, overflowed) = message.byteCount.multipliedReportingOverflow(by: terms.maxRatio)
        let bound = min(limit, max(overflowed ? Int.max : tenfold, terms.alwaysAllowedBytes))
        let inflater = ownInflater ?? shared.inflater
        var result = ByteQueue()
        switch inflater.inflate(message, into: &result, atMost: bound, keepingContext: terms.clientTakesOver) {
        case .damaged: return .failure(Violation(.invalidPayload, "compressed data is damaged"))
        case .tooLong: return .failure(Violation(.messageTooBig, "message too big", isInflated: bound < limit))
        case .done: break
        }
        if kind == .text {
            var text = UTF8Stream()
            guard text.accepts(result.bytes), text.isComplete else {
                return .failure(Violation(.invalidPayload, "text is not UTF-8"))
            }
        }
        return .success(result)
    }

    enum Inflated: ~Copyable {
        case success(ByteQueue)
        case failure(Violation)
    }

    /// Compresses a message; nil when it had better go out as it is.
    func deflate(_ message: RawSpan) -> Int? {
        guard message.byteCount >= terms.minMessageBytes else { return nil }
        let deflater = ownDeflater ?? shared.deflater(windowBits: terms.serverWindowBits, level: terms.level)
        let isDone = deflater.deflate(message, into: &shared.deflated, keepingContext: terms.serverTakesOver)
        // With context takeover the stream has moved on, and what it has seen must be sent in that form.
        guard isDone, terms.serverTakesOver || shared.deflated.count < message.byteCount else {
            shared.deflated.reset()
            return nil
        }
        return shared.deflated.count
    }

    /// The result of the last `deflate`; good until `releaseDeflated`.
    var deflated: UnsafeRawBufferPointer { unsafe shared.deflated.buffer }
    func releaseDeflated() { shared.deflated.reset() }
}

/// What all connections without context takeover have in common: zlib streams and room for what is to be sent.
final class SharedCodec {
    lazy var inflater = Inflater(windowBits: 15)
    private var deflaters: [Int: Deflater] = [:]
    var deflated = ByteQueue()

    func deflater(windowBits: Int, level: Int32) -> Deflater {
        if let deflater = deflaters[windowBits] { return deflater }
        let deflater = Deflater(windowBits: windowBits, level: level)
        deflaters[windowBits] = deflater
        return deflater
    }
}
