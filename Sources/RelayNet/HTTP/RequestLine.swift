/// Method, target and version (RFC 9112 §3), as ranges of the bytes they were read from.
struct RequestLine {
    var method: HTTPMethod
    var version: HTTPVersion
    var path: Range<Int>
    var query: Range<Int>?
    var authority: Range<Int>?

    enum Verdict {
        case line(RequestLine)
        case failure(HTTPStatus)
    }

    /// Reads the line in `range`, which excludes its line end. Exactly one space separates the parts: the leniency that
    /// RFC 9112 §3 permits is what lets two parsers see different requests.
    static func read(_ bytes: RawSpan, _ range: Range<Int>) -> Verdict {
        var position = range.lowerBound
        while position < range.upperBound, Octet.isToken(bytes.octet(at: position)) { position += 1 }
        let methodRange = range.lowerBound..<position
        guard !methodRange.isEmpty, position < range.upperBound, bytes.octet(at: position) == Octet.space else {
            return .failure(.badRequest)
        }
        position += 1
        let targetStart = position
        while position < range.upperBound, Octet.isTarget(bytes.octet(at: position)) { position += 1 }
        let target = targetStart..<position
        guard !target.isEmpty, position < range.upperBound, bytes.octet(at: position) == Octet.space else {
            return .failure(.badRequest)
        }
        position += 1
        let version: HTTPVersion
        switch readVersion(bytes, position..<range.upperBound) {
        case .known(let known): version = known
        case .unsupported: return .failure(.versionNotSupported)
        case .malformed: return .failure(.badRequest)
        }
        var line = RequestLine(
            method: readMethod(bytes, methodRange), version: version, path: target, query: nil, authority: nil)
        guard line.readTarget(bytes, target) else { return .failure(line.refusal(bytes, methodRange)) }
        return .line(line)
    }

    /// CONNECT has a target of its own form, and no proxy lives here.
    private func refusal(_ bytes: RawSpan, _ method: Range<Int>) -> HTTPStatus {
        Octet.equalIgnoringCase(bytes.octets(method), "CONNECT") ? .notImplemented : .badRequest
    }

    private mutating func readTarget(_ bytes: RawSpan, _ target: Range<Int>) -> Bool {
        if bytes.octet(at: target.lowerBound) == UInt8(ascii: "*") {
            // asterisk-form: the server as a whole (RFC 9112 §3.2.4)
            return target.count == 1 && method == .options
        }
        var start = target.lowerBound
        if bytes.octet(at: start) != UInt8(ascii: "/") {
            // absolute-form: what a client says to a proxy, and every server must accept (RFC 9112 §3.2.2)
            guard let scheme = Self.schemeLength(bytes, target) else { return false }
            start += scheme
            let hostStart = start
            while start < target.upperBound, Octet.isAuthority(bytes.octet(at: start)) { start += 1 }
            // An empty host is no http URI (RFC 9110 §4.2.1).
            guard start > hostStart, bytes.octet(at: hostStart) != UInt8(ascii: ":") else { return false }
            authority = hostStart..<start
            guard
                start == target.upperBound || bytes.octet(at: start) == UInt8(ascii: "/")
                    || bytes.octet(at: start) == UInt8(ascii: "?")
            else { return false }
        }
        var end = start
        while end < target.upperBound, bytes.octet(at: end) != UInt8(ascii: "?") { end += 1 }
        path = start..<end
        query = end < target.upperBound ? (end + 1)..<target.upperBound : nil
        return true
    }

    private static func schemeLength(_ bytes: RawSpan, _ target: Range<Int>) -> Int? {
        for scheme in ["http://", "https://"] {
            let length = scheme.utf8.count
            guard target.count > length else { continue }
            let head = bytes.octets(target.lowerBound..<(target.lowerBound + length))
            if Octet.equalIgnoringCase(head, scheme) { return length }
        }
        return nil
    }

    private enum ReadVersion {
        case known(HTTPVersion)
        case unsupported
        case malformed
    }

    /// `HTTP/` DIGIT `.` DIGIT, upper case (RFC 9112 §2.3).
    private static func readVersion(_ bytes: RawSpan, _ range: Range<Int>) -> ReadVersion {
        guard range.count == 8 else { return .malformed }
        var position = range.lowerBound
        for expected in "HTTP/".utf8 {
            guard bytes.octet(at: position) == expected else { return .malformed }
            position += 1
        }
        let major = bytes.octet(at: position)
        let minor = bytes.octet(at: position + 2)
        guard Octet.isDigit(major), bytes.octet(at: position + 1) == UInt8(ascii: "."), Octet.isDigit(minor) else {
            return .malformed
        }
        guard major == UInt8(ascii: "1") else { return .unsupported }
        return .known(minor == UInt8(ascii: "0") ? .http10 : .http11)
    }

    /// Methods are case-sensitive (RFC 9110 §9.1).
    private static func readMethod(_ bytes: RawSpan, _ range: Range<Int>) -> HTTPMethod {
        guard range.count <= 7 else { return .unknown }
        return HTTPMethod(rawValue: String(decoding: bytes.octets(range), as: UTF8.self)) ?? .unknown
    }
}
