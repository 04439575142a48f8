/// What the fields of one head say about the connection and the length of its content, gathered in one pass.
///
/// Lengths that contradict each other are how one request is hidden inside another; where RFC 9112 §6 allows repair,
/// this refuses.
struct FieldDigest {
    struct Refusal: Error { var status: HTTPStatus }

    private(set) var saysClose = false
    private(set) var saysKeepAlive = false
    private(set) var expectsContinue = false
    private(set) var hasUnknownExpectation = false
    private var hosts = 0
    private var hostIsMalformed = false
    private var lengths = 0
    private var length: Int? = 0
    private var lengthIsMalformed = false
    private var encodings = 0
    private var encoding: [UInt8] = []

    /// The names that matter differ in length or first letter, so most fields cost one comparison.
    mutating func add(_ bytes: RawSpan, _ field: RequestHead.Field) {
        let value = Int(field.value.lowerBound)..<Int(field.value.upperBound)
        switch field.name.count {
        case 4 where isNamed("host", bytes, field):
            hosts += 1
            for position in value where !Octet.isAuthority(bytes.octet(at: position)) { hostIsMalformed = true }
        case 6 where isNamed("expect", bytes, field):
            if Octet.equalIgnoringCase(bytes.octets(value), "100-continue") {
                expectsContinue = true
            } else {
                hasUnknownExpectation = true
            }
        case 10 where isNamed("connection", bytes, field):
            for option in bytes.octets(value).split(separator: UInt8(ascii: ",")) {
                let option = Octet.trimmed(option)
                if Octet.equalIgnoringCase(option, "close") { saysClose = true }
                if Octet.equalIgnoringCase(option, "keep-alive") { saysKeepAlive = true }
            }
        case 14 where isNamed("content-length", bytes, field):
            lengths += 1
            readLength(bytes, value)
        case 17 where isNamed("transfer-encoding", bytes, field):
            encodings += 1
            encoding = bytes.octets(value)
        default: break
        }
    }

    private func isNamed(_ name: String, _ bytes: RawSpan, _ field: RequestHead.Field) -> Bool {
        var position = Int(field.name.lowerBound)
        for expected in name.utf8 {
            guard Octet.lowercased(bytes.octet(at: position)) == expected else { return false }
            position += 1
        }
        return true
    }

    /// Digits only: no sign, no list, no space inside (RFC 9110 §8.6). A number too large to hold is not malformed but
    /// certainly too much.
    private mutating func readLength(_ bytes: RawSpan, _ value: Range<Int>) {
        if value.isEmpty { lengthIsMalformed = true }
        for position in value {
            let octet = bytes.octet(at: position)
            guard Octet.isDigit(octet) else {
                lengthIsMalformed = true
                return
            }
            if let known = length {
                let (tenfold, overflowed) = known.multipliedReportingOverflow(by: 10)
                let (sum, carried) = tenfold.addingReportingOverflow(Int(octet - 0x30))
                length = overflowed || carried ? nil : sum
            }
        }
    }

    /// Exactly one `Host` in HTTP/1.1, at most one in 1.0, and nothing in it but host and port (RFC 9112 §3.2).
    func isHostValid(for line: RequestLine) -> Bool {
        guard !hostIsMalformed else { return false }
        return line.version == .http11 ? hosts == 1 : hosts <= 1
    }

    func framing(for version: HTTPVersion) -> Result<BodyFraming, Refusal> {
        if encodings > 0 {
            // Both lengths at once, or an encoding in a version without one: RFC 9112 §6.1 calls it an attack.
            guard encodings == 1, lengths == 0, version == .http11 else {
                return .failure(Refusal(status: .badRequest))
            }
            let codings = encoding.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                .map { Octet.trimmed($0) }
            for coding in codings where coding.isEmpty || !coding.allSatisfy(Octet.isToken) {
                return .failure(Refusal(status: .badRequest))
            }
            let chunkedCount = codings.count { Octet.equalIgnoringCase($0, "chunked") }
            if codings.count == 1 && chunkedCount == 1 { return .success(.chunked) }
            // `chunked` once and last is well formed, but the coding before it is not known here (§6.1, §6.3).
            let endsChunked = codings.last.map { Octet.equalIgnoringCase($0, "chunked") } ?? false
            let isWellFormed = chunkedCount == 0 || (chunkedCount == 1 && endsChunked)
            return .failure(Refusal(status: isWellFormed ? .notImplemented : .badRequest))
        }
        guard lengths > 0 else { return .success(.none) }
        guard lengths == 1, !lengthIsMalformed else { return .failure(Refusal(status: .badRequest)) }
        guard let length else { return .failure(Refusal(status: .contentTooLarge)) }
        return .success(length == 0 ? .none : .length(length))
    }
}
