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

extension HTTPLimits {
    /// Limits under which no test depends on how fast the machine is.
    static var patient: HTTPLimits {
        var limits = HTTPLimits()
        limits.headTimeout = .seconds(600)
        limits.bodyTimeout = .seconds(600)
        limits.idleTimeout = .seconds(600)
        limits.stallTimeout = .seconds(600)
        limits.handlerTimeout = .seconds(600)
        return limits
    }
}

/// A connection without a socket, on a clock that is set by hand.
final class HTTPWire {
    let site: HTTPSite
    let connection: HTTPConnection
    private(set) var text = ""
    private(set) var octets: [UInt8] = []
    var now = HTTPTime(ticks: 1_000, unixSeconds: 784_111_777)

    init(_ site: HTTPSite, peer: String = "192.0.2.1") {
        self.site = site
        connection = HTTPConnection(site, peer: IPAddress(peer), at: now)
    }

    convenience init(_ router: Router, limits: HTTPLimits = HTTPLimits()) {
        self.init(HTTPSite(router: router, limits: limits))
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ octets: [UInt8]) {
        connection.receive(octets.octetSpan, at: now)
        collect()
    }

    func drain() {
        while connection.awaitsDrain, connection.end == nil {
            connection.drained(at: now)
            collect()
        }
    }

    func wait(_ duration: Duration) {
        now.ticks = now.after(duration)
        connection.checkDeadline(at: now)
        collect()
    }

    func collect() {
        let fresh = connection.takeOutput()
        octets += fresh
        text += String(decoding: fresh, as: UTF8.self)
    }

    /// The status codes of all responses so far; contents must not contain the version.
    var statuses: [Int] {
        var found: [Int] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "HTTP/1.1 ") {
            rest = rest[start.upperBound...]
            if let code = Int(rest.prefix(3)) { found.append(code) }
        }
        return found
    }

    /// The content of the last response: what follows its head.
    var content: String {
        var rest = text[...]
        while let end = rest.firstRange(of: "\r\n\r\n") { rest = rest[end.upperBound...] }
        return String(rest)
    }

    func field(_ name: String) -> String? {
        text.split(separator: "\r\n").last { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }
}

extension Substring {
    fileprivate func firstRange(of other: String) -> Range<Index>? { firstRange(of: other[...]) }

    private func firstRange(of other: Substring) -> Range<Index>? {
        let (pattern, count) = (Array(other.utf8), other.utf8.count)
        var start = utf8.startIndex
        while start < utf8.endIndex {
            if utf8[start...].starts(with: pattern) { return start..<utf8.index(start, offsetBy: count) }
            start = utf8.index(after: start)
        }
        return nil
    }
}

func get(_ path: String, _ fields: String...) -> String {
    "GET \(path) HTTP/1.1\r\nHost: relay\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}
