/// Takes the content of one request out of the bytes that follow its head (RFC 9112 §6, §7.1).
///
/// Bytes may arrive in any pieces. The bound is applied to what is announced, before any of it is kept. Trailers are
/// read, judged like any field and dropped: nothing here has a use for them, and merging them into the head is how a
/// field slips past a check.
package struct BodyDecoder {
    package enum Outcome: Equatable {
        case needMore
        case complete
        /// The connection must be closed after this answer.
        case failure(HTTPStatus)
    }

    private enum State {
        case fixed(remaining: Int)
        case sizeStart
        case size
        case chunkExtension
        case sizeLineFeed
        case data(remaining: Int)
        case dataReturn
        case dataLineFeed
        case trailer
        case done
    }

    private var state: State
    private let maxBytes: Int
    private let limits: HTTPLimits
    private var size = 0
    private var lineBytes = 0
    private var trailerBytes = 0
    private var trailerFields = 0
    private var trailerLine: [UInt8] = []
    package private(set) var content: [UInt8] = []

    package init(_ framing: BodyFraming, maxBytes: Int, limits: HTTPLimits = HTTPLimits()) {
        self.maxBytes = maxBytes
        self.limits = limits
        switch framing {
        case .none: state = .done
        case .length(let length): state = .fixed(remaining: length)
        case .chunked: state = .sizeStart
        }
    }

    /// Takes what belongs to the content from the front of `bytes`, and answers how much that was.
    package mutating func decode(_ bytes: RawSpan) -> (consumed: Int, outcome: Outcome) {
        var position = 0
        while true {
            switch state {
            case .done:
                return (position, .complete)
            case .fixed(let remaining):
                guard remaining <= maxBytes - content.count else { return (position, .failure(.contentTooLarge)) }
                let part = min(remaining, bytes.byteCount - position)
                keep(bytes, position..<(position + part))
                position += part
                state = part == remaining ? .done : .fixed(remaining: remaining - part)
                if part < remaining { return (position, .needMore) }
            case .data(let remaining):
                let part = min(remaining, bytes.byteCount - position)
                keep(bytes, position..<(position + part))
                position += part
                state = part == remaining ? .dataReturn : .data(remaining: remaining - part)
                if part < remaining { return (position, .needMore) }
            default:
                guard position < bytes.byteCount else { return (position, .needMore) }
                let octet = bytes.octet(at: position)
                position += 1
                if let status = step(octet) { return (position, .failure(status)) }
            }
        }
    }

    private mutating func keep(_ bytes: RawSpan, _ range: Range<Int>) {
        content.append(contentsOf: bytes.octets(range))
    }

    /// One octet of the framing between the data.
    private mutating func step(_ octet: UInt8) -> HTTPStatus? {
        switch state {
        case .sizeStart:
            guard let digit = Octet.hexValue(octet) else { return .badRequest }
            size = Int(digit)
            lineBytes = 1
            state = .size
        case .size:
            lineBytes += 1
            guard lineBytes <= limits.maxChunkLineBytes else { return .badRequest }
            if octet == Octet.carriageReturn {
                state = .sizeLineFeed
            } else if octet == UInt8(ascii: ";") {
                state = .chunkExtension
            } else {
                guard let digit = Octet.hexValue(octet) else { return .badRequest }
                // Leading zeros cannot overflow; a size that would is far beyond any bound.
                guard size <= Int.max >> 4 else { return .contentTooLarge }
                size = size << 4 | Int(digit)
            }
        case .chunkExtension:
            // Extensions mean nothing here; they may only not hide a line end (RFC 9112 §7.1.1).
            lineBytes += 1
            guard lineBytes <= limits.maxChunkLineBytes else { return .badRequest }
            if octet == Octet.carriageReturn {
                state = .sizeLineFeed
            } else if !Octet.isFieldContent(octet) {
                return .badRequest
            }
        case .sizeLineFeed:
            guard octet == Octet.lineFeed else { return .badRequest }
            guard size <= maxBytes - content.count else { return .contentTooLarge }
            state = size == 0 ? .trailer : .data(remaining: size)
        case .dataReturn:
            guard octet == Octet.carriageReturn else { return .badRequest }
            state = .dataLineFeed
        case .dataLineFeed:
            guard octet == Octet.lineFeed else { return .badRequest }
            state = .sizeStart
        case .trailer:
            return stepTrailer(octet)
        case .fixed, .data, .done:
            break
        }
        return nil
    }

    private mutating func stepTrailer(_ octet: UInt8) -> HTTPStatus? {
        trailerBytes += 1
        guard trailerBytes <= limits.maxHeaderBytes else { return .headerFieldsTooLarge }
        trailerLine.append(octet)
        guard octet == Octet.lineFeed else { return nil }
        guard trailerLine.count >= 2, trailerLine[trailerLine.count - 2] == Octet.carriageReturn else {
            return .badRequest
        }
        let end = trailerLine.count - 2
        guard end > 0 else {
            state = .done
            return nil
        }
        trailerFields += 1
        guard trailerFields <= limits.maxHeaderFields else { return .headerFieldsTooLarge }
        guard RequestParser.readField(trailerLine.octetSpan, 0..<end) != nil else { return .badRequest }
        trailerLine.removeAll(keepingCapacity: true)
        return nil
    }
}
