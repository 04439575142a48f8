package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    /// Well formed, but none of ours: answered with 501 (RFC 9110 §9.1).
    case unknown = ""
}

/// A later minor version is read as 1.1, which is the highest that is known here (RFC 9110 §2.5).
package enum HTTPVersion: Sendable { case http10, http11 }

/// How the content that follows a head is delimited (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
}

/// The validated head of one request: a copy of its bytes and offsets into it, so that reading a field allocates nothing.
///
/// Only `RequestParser` makes one. Whoever holds it may rely on this: the length of the content is unambiguous, `Host`
/// occurs once (HTTP/1.1), no name or value contains a control character, no target contains one, a space or a fragment.
package struct RequestHead: Sendable {
    struct Field: Sendable {
        var name: Range<UInt32>
        var value: Range<UInt32>
    }

    package let method: HTTPMethod
    package let version: HTTPVersion
    package let framing: BodyFraming
    /// Whether another request may follow on the connection (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the peer waits for `100 Continue` before it sends the content (RFC 9110 §10.1.1).
    package let expectsContinue: Bool

    private let octets: [UInt8]
    private let fields: [Field]
    private let pathRange: Range<Int>
    private let queryRange: Range<Int>?
    private let authorityRange: Range<Int>?

    init(
        octets: [UInt8], fields: [Field], line: RequestLine, framing: BodyFraming, keepsAlive: Bool,
        expectsContinue: Bool
    ) {
        self.octets = octets
        self.fields = fields
        self.framing = framing
        self.keepsAlive = keepsAlive
        self.expectsContinue = expectsContinue
        method = line.method
        version = line.version
        pathRange = line.path
        queryRange = line.query
        authorityRange = line.authority
    }

    /// The path as it was sent, still percent-encoded; `/` for an absolute target without one, `*` for OPTIONS.
    package var path: String { pathRange.isEmpty ? "/" : String(decoding: octets[pathRange], as: UTF8.self) }
    package var pathOctets: ArraySlice<UInt8> { pathRange.isEmpty ? [0x2F] : octets[pathRange] }
    /// What follows the first question mark, still percent-encoded.
    package var query: String? { queryRange.map { String(decoding: octets[$0], as: UTF8.self) } }

    /// The authority of an absolute target, else `Host`: with its port, if it has one (RFC 9112 §3.2.2).
    package var host: String? {
        if let authorityRange { return String(decoding: octets[authorityRange], as: UTF8.self) }
        return value("host")
    }

    package var fieldCount: Int { fields.count }

    /// The first field of that name; names compare without regard to ASCII case.
    package func value(_ name: String) -> String? {
        octets(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first field's value as bytes, without a copy.
    package func octets(of name: String) -> ArraySlice<UInt8>? {
        for field in fields where matches(field, name) { return slice(field.value) }
        return nil
    }

    /// All values of a field that may repeat, in order.
    package func values(_ name: String) -> [String] {
        fields.filter { matches($0, name) }.map { String(decoding: slice($0.value), as: UTF8.self) }
    }

    package func count(of name: String) -> Int {
        fields.reduce(into: 0) { count, field in if matches(field, name) { count += 1 } }
    }

    /// What a proxy calls the request, so that its log and ours can be read together.
    package var requestID: String? {
        guard count(of: "x-request-id") == 1, let id = value("x-request-id"), (1...128).contains(id.utf8.count) else {
            return nil
        }
        return id
    }

    /// Whether a comma-separated list, which may be spread over several fields, holds `token`, whatever its ASCII case.
    package func lists(_ token: String, in name: String) -> Bool {
        for field in fields where matches(field, name) {
            for element in slice(field.value).split(separator: UInt8(ascii: ","))
            where Octet.equalIgnoringCase(Octet.trimmed(element), token) {
                return true
            }
        }
        return false
    }

    /// The elements of a comma-separated list that may be spread over several fields, trimmed, without the empty ones.
    package func elements(of name: String) -> [String] {
        fields.filter { matches($0, name) }.flatMap { slice($0.value).split(separator: UInt8(ascii: ",")) }
            .map { Octet.trimmed($0) }.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every field as it was sent, in order: for logs and tests.
    package var allFields: [(name: String, value: String)] {
        fields.map {
            (String(decoding: slice($0.name), as: UTF8.self), String(decoding: slice($0.value), as: UTF8.self))
        }
    }

    private func matches(_ field: Field, _ name: String) -> Bool {
        field.name.count == name.utf8.count && Octet.equalIgnoringCase(slice(field.name), name)
    }

    private func slice(_ range: Range<UInt32>) -> ArraySlice<UInt8> {
        octets[Int(range.lowerBound)..<Int(range.upperBound)]
    }
}
