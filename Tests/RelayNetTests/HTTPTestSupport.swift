@testable import RelayNet

enum ParsedHead: Equatable {
    case needMore
    case head(method: HTTPMethod, path: String, query: String?, framing: BodyFraming, fields: [String], consumed: Int)
    case failure(Int)

    init(_ outcome: RequestParser.Outcome) {
        switch outcome {
        case .needMore: self = .needMore
        case .failure(let status): self = .failure(status.code)
        case .head(let head, let consumed):
            self = .head(
                method: head.method, path: head.path, query: head.query, framing: head.framing,
                fields: head.allFields.map { "\($0.name)=\($0.value)" }, consumed: consumed)
        }
    }

    var status: Int? { if case .failure(let status) = self { status } else { nil } }
}

/// The verdict on the first head of `text` when it arrives whole.
func parseHead(_ text: String, limits: HTTPLimits = HTTPLimits()) -> ParsedHead {
    parseHead(Array(text.utf8), limits: limits)
}

func parseHead(_ octets: [UInt8], limits: HTTPLimits = HTTPLimits()) -> ParsedHead {
    var parser = RequestParser(limits: limits)
    return ParsedHead(parser.parse(octets.octetSpan))
}

func head(_ text: String) -> RequestHead? {
    var parser = RequestParser()
    if case .head(let head, _) = parser.parse(Array(text.utf8).octetSpan) { return head }
    return nil
}

/// The verdict when the bytes arrive in pieces that end at the given offsets, and then whole.
func parseHead(_ octets: [UInt8], cutAt cuts: some Sequence<Int>, limits: HTTPLimits = HTTPLimits()) -> ParsedHead {
    var parser = RequestParser(limits: limits)
    for cut in cuts {
        let outcome = ParsedHead(parser.parse(octets.octetSpan.extracting(0..<cut)))
        if outcome != .needMore { return outcome }
    }
    return ParsedHead(parser.parse(octets.octetSpan))
}
