/// Reads the head of a request as its bytes arrive, and refuses whatever two readers might understand differently.
///
/// The caller keeps the unread bytes and passes them all each time, the head's first byte first. The parser remembers
/// how far it came, so a head that arrives byte by byte costs no more than one that arrives whole; and as it judges
/// line by line, in order, the verdict does not depend on where the bytes were cut.
package struct RequestParser {
    package enum Outcome {
        case needMore
        /// A head that took the first `consumed` bytes. The parser is ready for the next one.
        case head(RequestHead, consumed: Int)
        /// The connection must be closed after this answer: where the next request starts is unknown.
        case failure(HTTPStatus)
    }

    private let limits: HTTPLimits
    private var scanned = 0
    private var lineStart = 0
    private var line: RequestLine?
    private var headersStart = 0
    private var fields: [RequestHead.Field] = []

    package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// Whether a part of a head has been seen, so that silence is a timeout and not idleness.
    package var isInsideHead: Bool { scanned > 0 }

    package mutating func parse(_ bytes: RawSpan) -> Outcome {
        while scanned < bytes.byteCount {
            guard bytes.octet(at: scanned) == Octet.lineFeed else {
                scanned += 1
                continue
            }
            let lineFeed = scanned
            scanned += 1
            if let status = overflow(upTo: scanned) { return fail(status) }
            // RFC 9112 §2.2 lets a recipient take a bare LF for a line end; that is how requests are smuggled.
            guard lineFeed > lineStart, bytes.octet(at: lineFeed - 1) == Octet.carriageReturn else {
                return fail(.badRequest)
            }
            let content = lineStart..<(lineFeed - 1)
            lineStart = scanned
            if let outcome = accept(bytes, content) { return outcome }
        }
        // An unfinished line that already fills its bound can only end beyond it.
        if let status = overflow(upTo: scanned + 1) { return fail(status) }
        return .needMore
    }

    private func overflow(upTo end: Int) -> HTTPStatus? {
        if line == nil { return end > limits.maxRequestLineBytes ? .targetTooLong : nil }
        return end - headersStart > limits.maxHeaderBytes ? .headerFieldsTooLarge : nil
    }

    private mutating func accept(_ bytes: RawSpan, _ content: Range<Int>) -> Outcome? {
        guard let line else {
            // One empty line before the request is forgiven (RFC 9112 §2.2).
            if content.isEmpty && content.lowerBound == 0 { return nil }
            switch RequestLine.read(bytes, content) {
            case .failure(let status): return fail(status)
            case .line(let read):
                line = read
                headersStart = lineStart
                fields.reserveCapacity(16)
                return nil
            }
        }
        guard content.isEmpty else {
            guard fields.count < limits.maxHeaderFields else { return fail(.headerFieldsTooLarge) }
            guard let field = Self.readField(bytes, content) else { return fail(.badRequest) }
            fields.append(field)
            return nil
        }
        return finish(bytes, line)
    }

    /// `field-name ":" OWS field-value OWS` (RFC 9112 §5). A folded line starts with a space and so has no name; a space
    /// before the colon ends the name early. Both fail here, as §5.1 and §5.2 ask.
    static func readField(_ bytes: RawSpan, _ content: Range<Int>) -> RequestHead.Field? {
        var position = content.lowerBound
        while position < content.upperBound, Octet.isToken(bytes.octet(at: position)) { position += 1 }
        guard position > content.lowerBound, position < content.upperBound,
            bytes.octet(at: position) == UInt8(ascii: ":")
        else { return nil }
        let name = content.lowerBound..<position
        var start = position + 1
        var end = content.upperBound
        while start < end, Octet.isWhitespace(bytes.octet(at: start)) { start += 1 }
        while end > start, Octet.isWhitespace(bytes.octet(at: end - 1)) { end -= 1 }
        position = start
        while position < end {
            guard Octet.isFieldContent(bytes.octet(at: position)) else { return nil }
            position += 1
        }
        guard let bound = UInt32(exactly: content.upperBound), bound > 0 else { return nil }
        return RequestHead.Field(
            name: UInt32(name.lowerBound)..<UInt32(name.upperBound), value: UInt32(start)..<UInt32(end))
    }

    private mutating func finish(_ bytes: RawSpan, _ line: RequestLine) -> Outcome {
        let consumed = scanned
        var digest = FieldDigest()
        for field in fields { digest.add(bytes, field) }
        guard digest.isHostValid(for: line) else { return fail(.badRequest) }
        let framing: BodyFraming
        switch digest.framing(for: line.version) {
        case .success(let known): framing = known
        case .failure(let refusal): return fail(refusal.status)
        }
        let keepsAlive = line.version == .http11 ? !digest.saysClose : digest.saysKeepAlive && !digest.saysClose
        let head = RequestHead(
            octets: bytes.octets(0..<consumed), fields: fields, line: line, framing: framing, keepsAlive: keepsAlive,
            // An HTTP/1.0 client does not know the interim answer (RFC 9110 §10.1.1).
            expectsContinue: digest.expectsContinue && line.version == .http11)
        if digest.hasUnknownExpectation { return fail(.expectationFailed) }
        reset()
        return .head(head, consumed: consumed)
    }

    private mutating func fail(_ status: HTTPStatus) -> Outcome {
        reset()
        return .failure(status)
    }

    private mutating func reset() {
        scanned = 0
        lineStart = 0
        line = nil
        headersStart = 0
        fields = []
    }
}
